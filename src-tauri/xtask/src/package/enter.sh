# Makes a folder the root of this namespace, and runs a command there. Arguments: the folder, the command.
set -eu
root=$1; shift
chmod 0755 "$root"
mount --bind "$root" "$root"
cd "$root"
# The names of the network are those of the machine.
cp -L /etc/resolv.conf etc/resolv.conf
echo '127.0.0.1 localhost' > etc/hosts
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mkdir -p .outside
pivot_root . .outside
cd /
umount -l /.outside
rmdir /.outside
exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
