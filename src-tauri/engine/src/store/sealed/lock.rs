//! The key in use: made from its source, and proven to be the one that everything here was sealed with before anything
//! is sealed with it, so that no folder ever holds files of two keys.

use lamplighter_core::id::AccountId;
use lamplighter_core::record::{KeyTrouble, StoreError};
use lamplighter_core::secret::Secret;

use super::disk::Disk;
use super::file::{self, sum_of};
use super::key::Key;
use super::recipe::{RECIPE, Recipe};
use super::{ENDING, told};
use crate::seal::Sealer;

/// The file that tells the right key from a wrong one.
const CHECK: &str = "key.check";
const CHECK_NEW: &str = "key.check.new";
const MAGIC: &[u8; 8] = b"LAMPKEY1";
const ABOUT: &[u8] = b"lamplighter key check 1";
/// Ways to make a key of a passphrase that are tried where the check is gone: each takes a moment.
const MOST_RECIPES: usize = 4;

/// The proven key.
pub(super) struct Lock {
    pub sealer: Sealer,
    pub recipe: Recipe,
    /// The check is there, and is of this key.
    has_check: bool,
}

impl Lock {
    /// Proves `key` by the check, or by what is sealed. Where nothing is sealed yet, any key is right.
    ///
    /// # Errors
    /// [`KeyTrouble::Wrong`], or what the disk says.
    pub fn open(key: &Key, disk: &dyn Disk) -> Result<Self, StoreError> {
        let check = disk.read(CHECK).map_err(told)?;
        let recipes = match key {
            Key::Whole(_) => vec![Recipe::NONE],
            Key::Passphrase(_) => recipes(check.as_deref().and_then(whole), disk)?,
        };
        // A check that is left of files which are gone proves nothing, and keeps no new key out.
        let is_new = sealed(disk)?.is_empty();
        // One that is whole has the word: no file that somebody put there makes another key the right one.
        let check = check.as_deref().and_then(whole);
        for recipe in &recipes {
            let sealer = sealer(key, recipe)?;
            let has_check = check.is_some_and(|check| proves(&sealer, recipe, check));
            if has_check || is_new || (check.is_none() && opens_one(&sealer, disk)?) {
                return Ok(Self { sealer, recipe: *recipe, has_check });
            }
        }
        Err(KeyTrouble::Wrong.into())
    }

    /// Puts the check there if it is not: before the first file is sealed.
    ///
    /// # Errors
    /// What the disk says.
    pub fn leave_check(&mut self, disk: &mut dyn Disk) -> std::io::Result<()> {
        if self.has_check {
            return Ok(());
        }
        let recipe = self.recipe.bytes();
        let check = self.sealer.seal(&[ABOUT, &recipe].concat(), b"")?;
        let check = [MAGIC.as_slice(), &recipe, &check].concat();
        disk.write(CHECK_NEW, &[check.as_slice(), &sum_of(&check)].concat())?;
        disk.rename(CHECK_NEW, CHECK)?;
        disk.sync()?;
        self.has_check = true;
        Ok(())
    }
}

fn sealer(key: &Key, recipe: &Recipe) -> Result<Sealer, KeyTrouble> {
    let made: Secret;
    let whole = match key {
        Key::Whole(whole) => whole,
        Key::Passphrase(passphrase) => {
            made = recipe.key(passphrase)?;
            &made
        }
    };
    Sealer::new(whole).map_err(|_| KeyTrouble::Wrong)
}

/// How the key is made from a passphrase: as the check says, or each sealed file; anew where there is neither.
fn recipes(check: Option<&[u8]>, disk: &dyn Disk) -> Result<Vec<Recipe>, StoreError> {
    let mut recipes: Vec<Recipe> =
        check.and_then(|check| Recipe::read(check.get(MAGIC.len()..)?)).into_iter().collect();
    let names = sealed(disk)?;
    for (_, name) in &names {
        // What cannot be read tells nothing, and keeps nobody from the others.
        let Ok(Some(bytes)) = disk.read(name) else { continue };
        recipes.extend(file::recipe_of(&bytes).filter(|recipe| !recipes.contains(recipe)));
        if recipes.len() >= MOST_RECIPES {
            break;
        }
    }
    recipes.retain(Recipe::is_for_passphrase);
    if names.is_empty() && recipes.is_empty() {
        recipes.push(Recipe::new().map_err(told)?);
    }
    Ok(recipes)
}

/// A check without its sum; `None` if it was damaged, which says nothing of a key.
fn whole(check: &[u8]) -> Option<&[u8]> {
    let (check, sum) = check.split_last_chunk::<{ file::SUM }>()?;
    (*sum == sum_of(check)).then_some(check)
}

fn proves(sealer: &Sealer, recipe: &Recipe, check: &[u8]) -> bool {
    let Some((recipe_there, sealed)) =
        check.strip_prefix(MAGIC).and_then(|rest| rest.split_at_checked(RECIPE))
    else {
        return false;
    };
    recipe_there == recipe.bytes() && sealer.open(&[ABOUT, recipe_there].concat(), sealed).is_ok()
}

/// The check was damaged or lost: it proves the key that a single file opens with it.
fn opens_one(sealer: &Sealer, disk: &dyn Disk) -> Result<bool, StoreError> {
    for (account, name) in sealed(disk)? {
        let Ok(Some(bytes)) = disk.read(&name) else { continue };
        if file::is_sealed_with(sealer, &account, &bytes) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Sealed files, with the account of each.
pub(super) fn sealed(disk: &dyn Disk) -> Result<Vec<(AccountId, String)>, StoreError> {
    let names = disk.names().map_err(told)?;
    let account = |name: &str| name.split_once(ENDING).and_then(|(account, _)| account.parse().ok());
    Ok(names.into_iter().filter_map(|name| Some((account(&name)?, name))).collect())
}
