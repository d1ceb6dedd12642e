//! Only our keys' value bytes change (F55).

use super::rewritten;
use lamplighter_engine::sink::SinkError;
use proptest::prelude::*;

fn text(old: &str, set: &[(&str, &str)]) -> String {
    String::from_utf8(rewritten(old.as_bytes(), set).expect("written")).expect("text")
}

#[test]
fn f55_the_value_is_replaced_and_everything_around_it_stays() {
    let cases = [
        ("A=1\nT=old\nB=2\n", "A=1\nT=new\nB=2\n"),
        ("A=1\r\nT=old\r\nB=2\r\n", "A=1\r\nT=new\r\nB=2\r\n"),
        ("export T=old\n", "export T=new\n"),
        ("  export \t T = old  \n", "  export \t T = new  \n"),
        ("T='old'\n", "T='new'\n"),
        ("T=\"old\" # ours\n", "T=\"new\" # ours\n"),
        ("T=old # ours\n", "T=new # ours\n"),
        ("T= # put it here\n", "T=new # put it here\n"),
        ("T=\n", "T=new\n"),
        ("T=", "T=new"),
        ("T=old", "T=new"),
        ("A=1", "A=1\nT=new"),
        ("A=1\r\nB=2", "A=1\r\nB=2\r\nT=new"),
        ("A=1\n", "A=1\nT=new\n"),
        ("", "T=new\n"),
        ("\u{feff}T=old\n", "\u{feff}T=new\n"),
        ("# T=comment\n#T=old\nT=old\n", "# T=comment\n#T=old\nT=new\n"),
        ("TT=1\nT_T=2\nt=3\nT=old\n", "TT=1\nT_T=2\nt=3\nT=new\n"),
        ("T=one\nA=1\nT='two'\n", "T=new\nA=1\nT='new'\n"),
        ("P='\nT=in here\n'\nT=old\n", "P='\nT=in here\n'\nT=new\n"),
        ("P=\"a \\\" \nT=in\n\"\nT=old\n", "P=\"a \\\" \nT=in\n\"\nT=new\n"),
        ("T='o\nl\nd'\nA=1\n", "T='new'\nA=1\n"),
        ("M=it's fine\nT=old\n", "M=it's fine\nT=new\n"),
        ("if true; then\n  echo x\nfi\nT=old\n", "if true; then\n  echo x\nfi\nT=new\n"),
        ("T=a b c\n", "T=new\n"),
    ];
    for (old, new) in cases {
        assert_eq!(text(old, &[("T", "new")]), new, "{old:?}");
    }
}

#[test]
fn quotes_are_added_only_where_the_value_needs_them() {
    let cases = [
        ("T=old\n", "eyJ.a-b_c/d+e=", "T=eyJ.a-b_c/d+e=\n"),
        ("T=old\n", "a b", "T='a b'\n"),
        ("T=old\n", "it's", "T=\"it's\"\n"),
        ("T=\"old\"\n", "a$b", "T='a$b'\n"),
        ("T='old'\n", "it's", "T=\"it's\"\n"),
        ("T=old\n", "", "T=\n"),
        ("T='old'\n", "", "T=''\n"),
    ];
    for (old, value, new) in cases {
        assert_eq!(text(old, &[("T", value)]), new, "{value:?}");
    }
}

#[test]
fn f55_what_programs_read_in_different_ways_is_refused_with_its_line() {
    let cases: [(&str, usize); 13] = [
        ("A=1\nT=$(pass show x)\n", 2),
        ("T=`cmd`\n", 1),
        ("T=${OTHER}\n", 1),
        ("T='a'b\n", 1),
        ("T=a'b'\n", 1),
        ("T=#old\n", 1),
        ("T+=old\n", 1),
        ("A='never closed\nT=old\n", 1),
        ("A=\"x\nT=old\n", 1),
        ("A='a\\'\nb'\nT=old\n", 1),
        ("A=x \\\nT=old\n", 2),
        ("A=1\rT=old\n", 1),
        ("T='a\\'b'\n", 1),
    ];
    for (old, line) in cases {
        assert_eq!(rewritten(old.as_bytes(), &[("T", "new")]), Err(SinkError::Unclear { line }), "{old:?}");
    }
    // The same lines are no obstacle where they are somebody else's and end on their line.
    for old in ["A=$(pass show x)\nT=old\n", "A=`cmd`\nT=old\n", "A='x'y\nT=old\n", "A+=1\nT=old\n"] {
        assert_eq!(text(old, &[("T", "new")]), old.replace("T=old", "T=new"), "{old:?}");
    }
}

#[test]
fn what_is_no_text_is_refused() {
    for old in [&b"T=a\0b\n"[..], b"\xff\xfeT\0=\0", b"\xfe\xff\0T"] {
        assert_eq!(rewritten(old, &[("T", "new")]), Err(SinkError::NotText));
    }
    let latin1 = b"# caf\xe9\nT=old\n";
    assert_eq!(rewritten(latin1, &[("T", "new")]).expect("written"), b"# caf\xe9\nT=new\n");
}

#[test]
fn several_keys_go_in_with_one_write() {
    let new = text("A=1\nT=old\n", &[("T", "t"), ("U", "u v"), ("A", "a")]);
    assert_eq!(new, "A=a\nT=t\nU='u v'\n");
}

#[test]
fn names_that_not_every_reader_takes_are_refused() {
    for key in ["", "1A", "A-B", "A.B", "A B", "A=B", "\u{c9}"] {
        let expected = Err(SinkError::BadKey { key: key.to_owned() });
        assert_eq!(rewritten(b"A=1\n", &[(key, "x")]), expected);
    }
}

fn a_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-S][A-Z_]{0,5}=[a-z0-9$%][a-z0-9 #$%'\"]{0,11}",
        "[A-S][A-Z_]{0,5}='[^'\\\\\r\0]{0,12}'",
        "[A-S][A-Z_]{0,5}=\"[^\"\\\\\r\0]{0,12}\"",
        "#[ -~]{0,20}",
        "[ \t]{0,3}",
        "export [A-S]{1,4}=[a-z]{0,5}",
    ]
}

proptest! {
    #[test]
    fn f55_every_byte_that_is_not_our_value_stays(
        before in prop::collection::vec(a_line(), 0..6),
        after in prop::collection::vec(a_line(), 0..6),
        crlf in any::<bool>(),
        value in "[ -~]{0,30}",
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let part = |lines: &[String]| lines.iter().map(|line| format!("{line}{end}")).collect::<String>();
        let (before, after) = (part(&before), part(&after));
        let old = format!("{before}TOKEN=old{end}{after}");
        if let Ok(new) = rewritten(old.as_bytes(), &[("TOKEN", &value)]) {
            let head = format!("{before}TOKEN=");
            let tail = format!("{end}{after}");
            prop_assert!(new.starts_with(head.as_bytes()), "{:?}", String::from_utf8_lossy(&new));
            prop_assert!(new.ends_with(tail.as_bytes()), "{:?}", String::from_utf8_lossy(&new));
            let middle = &new[head.len()..new.len() - tail.len()];
            let quoted = [value.clone(), format!("'{value}'"), format!("\"{value}\"")];
            prop_assert!(quoted.iter().any(|quoted| quoted.as_bytes() == middle));
        }
    }
}
