//! The allocator as the programs use it: as the global one.

use lamplighter_sys::ZeroOnFree;

#[global_allocator]
static ALLOCATOR: ZeroOnFree = ZeroOnFree;

#[test]
fn t21_programs_run_on_it_and_blocks_keep_their_bytes_while_they_grow() {
    let mut grown: Vec<u32> = Vec::new();
    for number in 0..100_000 {
        grown.push(number);
    }
    grown.shrink_to_fit();
    assert!(grown.iter().zip(0_u32..).all(|(held, number)| *held == number));
    let threads: Vec<_> = (0..8_usize).map(|id| std::thread::spawn(move || vec![id; 10_000])).collect();
    for (id, thread) in threads.into_iter().enumerate() {
        let block = thread.join().expect("no panic");
        assert!(block.iter().all(|held| *held == id));
    }
}
