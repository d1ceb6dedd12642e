//! An allocator that zeroes what is freed (I7, T21): what libraries copied of a secret does not outlive them.

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, with every block zeroed before it goes back.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: lamplighter_sys::ZeroOnFree = lamplighter_sys::ZeroOnFree;
/// # fn main() {}
/// ```
pub struct ZeroOnFree;

// SAFETY: all calls go to `Zeroing`, which keeps the contract of `GlobalAlloc`.
unsafe impl GlobalAlloc for ZeroOnFree {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { Zeroing(System).alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { Zeroing(System).alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { Zeroing(System).dealloc(block, layout) }
    }
}

/// Any allocator, with every block zeroed before it goes back to it.
///
/// `realloc` is not passed on: the trait's own one allocates, copies and frees, and so zeroes what it leaves;
/// the inner one could move a block and leave the old bytes behind.
struct Zeroing<A>(A);

// SAFETY: every call goes to the inner allocator with its arguments unchanged, which keeps the contract;
// in between only bytes of a block that its owner has given up are written.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Zeroing<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller hands over a block of `layout.size()` bytes that nobody uses any more.
        unsafe { wipe(block, layout.size()) };
        // SAFETY: `block` came from the inner allocator with this layout, because `alloc` passes both on.
        unsafe { self.0.dealloc(block, layout) };
    }
}

/// Zeroes `size` bytes in a way that the compiler may not leave out, though nobody reads them again.
///
/// # Safety
/// `block` must be writable for `size` bytes and not in use.
#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd"))]
unsafe fn wipe(block: *mut u8, size: usize) {
    // SAFETY: writable for `size` bytes, as the caller promises.
    unsafe { libc::explicit_bzero(block.cast(), size) };
}

/// Zeroes `size` bytes in a way that the compiler may not leave out, though nobody reads them again.
///
/// # Safety
/// `block` must be writable for `size` bytes and not in use.
#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd")))]
unsafe fn wipe(block: *mut u8, size: usize) {
    const WORD: usize = size_of::<u64>();
    // Whole words first, because one volatile write per byte makes large buffers slow to free.
    let words = if block.cast::<u64>().is_aligned() { size / WORD } else { 0 };
    for index in 0..words {
        // SAFETY: aligned, and within the `size` bytes that are writable.
        unsafe { block.cast::<u64>().add(index).write_volatile(0) };
    }
    for index in words * WORD..size {
        // SAFETY: within the `size` bytes that are writable.
        unsafe { block.add(index).write_volatile(0) };
    }
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Stands where the system's allocator stands, and notes what each block holds that comes back to it:
    /// there the block is still alive, so that looking at it is sound.
    #[derive(Default)]
    struct Watching(RefCell<Vec<Vec<u8>>>);

    // SAFETY: passes everything on unchanged.
    unsafe impl GlobalAlloc for Watching {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller keeps the contract.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: a block of this size that is freed only below, and was written in full by the test.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) }.to_vec();
            self.0.borrow_mut().push(bytes);
            // SAFETY: the caller keeps the contract.
            unsafe { System.dealloc(block, layout) }
        }
    }

    #[test]
    fn t21_freed_and_moved_blocks_come_back_as_zeroes() {
        let allocator = Zeroing(Watching::default());
        let layout = Layout::array::<u8>(1000).expect("small");
        // SAFETY: the layout is not empty; the block is written before it is read, and freed once.
        unsafe {
            let block = allocator.alloc(layout);
            block.write_bytes(0xaa, 1000);
            let moved = allocator.realloc(block, layout, 5000);
            assert!((0..1000).all(|index| *moved.add(index) == 0xaa), "the bytes moved along");
            moved.write_bytes(0xbb, 5000);
            allocator.dealloc(moved, Layout::array::<u8>(5000).expect("small"));
        }
        let came_back = allocator.0.0.into_inner();
        assert_eq!(came_back.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 5000]);
        assert!(came_back.iter().flatten().all(|byte| *byte == 0));
    }

    #[test]
    fn t21_wiping_reaches_the_first_and_the_last_byte_and_no_further() {
        for size in [0, 1, 7, 8, 9, 63, 4096, 4099] {
            for start in 0..9 {
                let mut bytes = vec![0xaa_u8; size + 32];
                // SAFETY: `start + size` is within the buffer, which nothing else refers to.
                unsafe { wipe(bytes.as_mut_ptr().add(start), size) };
                assert!(bytes[..start].iter().all(|byte| *byte == 0xaa), "before, {size}");
                assert!(bytes[start..start + size].iter().all(|byte| *byte == 0), "inside, {size}");
                assert!(bytes[start + size..].iter().all(|byte| *byte == 0xaa), "after, {size}");
            }
        }
    }
}
