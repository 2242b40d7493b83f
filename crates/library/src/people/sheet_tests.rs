//! Spreadsheets as people have them, and as nobody should.

use proptest::prelude::*;

use super::super::super::edit::{Crop, Length};
use super::*;

fn read(bytes: &[u8]) -> Result<Sheet, String> {
    super::read(bytes, &mut |_| false)
}

fn notes(sheet: &Sheet) -> Vec<String> {
    let line = |note: &Note| note.line.map_or_else(String::new, |line| format!("{line}: "));
    sheet.notes.iter().map(|note| format!("{}{}", line(note), note.text)).collect()
}

#[test]
fn columns_in_any_order_and_case_with_any_delimiter() {
    for delimiter in [",", ";", "\t"] {
        let text =
            ["\u{feff}Quote |FILE|Hidden| name|Featured|place|", "\"Hello| you\"|a.jpg||Anna|x|Oslo|", "|b.jpg|1||||"]
                .join("\r\n")
                .replace('|', delimiter);
        let sheet = read(text.as_bytes()).unwrap();
        assert_eq!(notes(&sheet), Vec::<String>::new());
        let [anna, second] = &sheet.rows[..] else { panic!("{sheet:?}") };
        assert_eq!((anna.file.as_str(), anna.line, anna.person.name.as_str()), ("a.jpg", 2, "Anna"));
        assert_eq!(anna.person.quote, format!("Hello{delimiter} you").replace('\t', " "));
        assert!(anna.person.featured && !anna.person.hidden && anna.person.place == "Oslo");
        assert!(second.person.hidden && second.line == 3);
    }
}

#[test]
fn what_excel_adds_is_taken_away() {
    let text = "sep=;\nParticipants 2026;;;\n;;;\nfile;name;tone;\n=\"007.jpg\";=\"Ada\";-0,5;\n;;;\n\"\"\"q\"\".jpg\";Bo;;\n;;;\n;;;\n";
    let sheet = read(text.as_bytes()).unwrap();
    assert_eq!(notes(&sheet), Vec::<String>::new());
    assert_eq!(sheet.rows.iter().map(|row| row.file.as_str()).collect::<Vec<_>>(), ["007.jpg", "\"q\".jpg"]);
    assert_eq!((sheet.rows[0].line, sheet.rows[0].person.tone_stops), (5, -0.5));
    // One column alone has no delimiter.
    assert_eq!(read(b"file\ra.jpg\rb.jpg").unwrap().rows[1].line, 3);
}

#[test]
fn crops_and_turns_make_an_edit() {
    let sheet = read(b"file,crop,rotate\na,10 20 30 40,\nb,\"1,2,3,4\",-90\nc,,360\nd\\e.jpg,,\n").unwrap();
    let edits: Vec<_> = sheet.rows.iter().map(|row| row.edit).collect();
    let [x, y, width, height] =
        [10_000, 20_000, 30_000, 40_000].map(|thousandths| Length { thousandths, is_percent: false });
    assert_eq!(edits[0], Some(Edit { crop: Some(Crop { x, y, width, height }), quarter_turns: 0 }));
    assert_eq!(edits[1].unwrap().quarter_turns, 3);
    assert_eq!(edits[2..], [None, None]);
    assert_eq!(sheet.rows[3].file, "d/e.jpg");
}

#[test]
fn mistakes_are_notes_with_their_lines() {
    let text = "file,name,Name,qoute,phone,featured,rotate,tone,crop\n\
                a.jpg,A,B,,,perhaps,45,12,all\n\
                ,Nobody,,,,,,,\n\
                b.jpg,Müller, Jr,,,,,,,\n\
                \"c.jpg\",\"two\nlines\"\n\
                d.jpg,D,,,,x\n";
    let sheet = read(text.as_bytes()).unwrap();
    let notes = notes(&sheet);
    let said = |line: &str, words: &str| notes.iter().any(|note| note.starts_with(line) && note.contains(words));
    assert!(said("1: ", "`qoute` (did you mean `quote`?), `phone`"), "{notes:?}");
    assert!(said("1: ", "`name` is there more than once"), "{notes:?}");
    for (value, words) in [("perhaps", "`yes`, `no`"), ("45", "clockwise"), ("12", "-3 to 3"), ("all", "x, y, width")] {
        assert!(said("2: ", &format!("`{value}`")) && said("2: ", words), "{value} in {notes:?}");
    }
    assert!(said("3: ", "no `file`"), "{notes:?}");
    assert_eq!(notes.len(), 7, "{notes:?}");
    let rows: Vec<_> = sheet.rows.iter().map(|row| (row.line, row.person.name.as_str())).collect();
    assert_eq!(rows, [(2, "A"), (4, "Müller"), (5, "two lines"), (7, "D")]);
    assert!(sheet.rows[3].person.featured);

    let more = read(b"file,quote\na.jpg,Yes, we can\n").unwrap();
    assert!(self::notes(&more)[0].contains("more cells than columns"), "{more:?}");
    let open = format!("file,quote\na.jpg,\"never closed\n{}", "b.jpg,x\n".repeat(500));
    let open = read(open.as_bytes()).unwrap();
    assert!(self::notes(&open)[0].contains("quotation mark"), "{:?}", open.notes);
    assert_eq!(open.rows[0].person.quote.chars().count(), QUOTE_CHARS + 1);
}

#[test]
fn what_says_nothing_is_an_error_with_advice() {
    for (bytes, words) in [
        (&b""[..], "empty"),
        (b"\xEF\xBB\xBF \r\n", "empty"),
        (b";;;\n;;;\n", "empty"),
        (b"Foto;Name\na.jpg;A\n", "`Foto`, `Name`"),
        (b"PK\x03\x04", "workbook"),
    ] {
        let error = read(bytes).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(read(b"file,name\n").unwrap(), Sheet::default());
    let notes = read(format!("file,tone\n{}", "a,9\n".repeat(5000)).as_bytes()).unwrap().notes;
    assert_eq!((notes.len(), notes[NOTES].text.as_str()), (NOTES + 1, "4900 more notes like these"));
}

/// Any text in cells, as a writer quotes it.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof!["[\\PC]{0,12}", "[a-z\",;\t\n ]{0,12}", Just(String::new())]
}

proptest! {
    #[test]
    fn nothing_is_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "(file|name|tone|crop|[,;\t\"\n\r%0-9=])*") {
        let _ = read(&bytes);
        let _ = read(format!("file,{text}").as_bytes());
    }

    #[test]
    fn what_is_written_is_read(rows in prop::collection::vec((cell(), cell()), 0..20), delimiter in prop::sample::select(b",;\t".to_vec())) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["quote", "file"]).unwrap();
        for (quote, file) in &rows {
            writer.write_record([quote, &format!("{file}.jpg")]).unwrap();
        }
        let sheet = read(&writer.into_inner().unwrap()).unwrap();
        prop_assert_eq!(sheet.rows.len(), rows.len());
        for (row, (quote, file)) in sheet.rows.iter().zip(&rows) {
            prop_assert_eq!(&row.file, &clean(&format!("{file}.jpg")).replace('\\', "/"));
            let is_lost = quote.contains('\u{fffd}');
            let expected = if is_lost { String::new() } else { caption(&clean(quote), QUOTE_CHARS, false).0 };
            prop_assert_eq!(&row.person.quote, &expected);
        }
    }
}
