# As root, in a namespace of its own: makes a clean Debian in a folder, makes that the root, and runs a script there.
# Arguments: the folder, the name of the script in its `proof`, the release, files of apt's sources.
set -eu
folder=$1 script=$2 suite=$3; shift 3
cd "$folder"
mkdir root
# Whoever made these files may have kept them to themselves.
chmod -R a+rX proof
# In memory, where there is plenty: nothing of it lasts, and packages are unpacked in half the time.
available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
if [ "${available:-0}" -gt 8000000 ]; then
  mount -t tmpfs -o mode=0755,size=4g tmpfs root
fi
# Lists of packages stay: what is installed later is of the same state, and they are fetched once.
mmdebstrap --quiet --mode=root --variant=minbase --skip=cleanup/apt/lists,check/signed-by \
  --aptopt="$folder/proof/settings" --dpkgopt=force-unsafe-io "$suite" root "$@" || { echo "WRONG: mmdebstrap"; exit 1; }
chmod 0755 root
[ "${available:-0}" -gt 8000000 ] || mount --bind root root
cd root
# The names of the network are those of the machine, and so are the authorities until the package's own are there.
cp -L /etc/resolv.conf etc/resolv.conf
echo '127.0.0.1 localhost' > etc/hosts
# Sources may be no more than the name of a file with mirrors.
for list in $(sed -n 's/.*mirror+file:\(\/[^] ]*\).*/\1/p' "$@" | sort -u); do
  install -D -m 0644 "$list" "./$list"
done
if [ -e ../proof/authorities.crt ]; then
  echo 'Acquire::https::CaInfo "/proof/authorities.crt";' > etc/apt/apt.conf.d/99authorities
fi
mkdir proof .outside
mount --bind ../proof proof
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm
pivot_root . .outside
cd /
umount -l /.outside
rmdir /.outside
# Proxies, if any, are all that is left of the environment.
for name in $(env | sed -n 's/^\([A-Za-z_]*\)=.*/\1/p'); do
  case $name in http_proxy | https_proxy | ftp_proxy | no_proxy) ;; *) unset "$name" ;; esac
done
export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec sh "/proof/$script"
