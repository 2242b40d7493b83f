//! Spreadsheets of programs that do not write Unicode: the right letters or none.

use super::super::sheet::{self, Sheet};
use super::*;

/// Encodes as a program would; all letters have to be in the encoding.
fn encode(text: &str, encoding: &str) -> Vec<u8> {
    let table =
        CANDIDATES.iter().find(|candidate| candidate.name.starts_with(encoding)).map(|candidate| &candidate.table);
    match table.unwrap_or_else(|| panic!("{encoding}")) {
        Table::Web(encoding) => {
            let (bytes, _, has_lost) = encoding.encode(text);
            assert!(!has_lost, "{text} in {}", encoding.name());
            bytes.into_owned()
        }
        Table::Oem(table) => {
            let byte = |c: char| match table.iter().position(|known| *known == c) {
                Some(at) => at as u8 + 128,
                None => u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or_else(|| panic!("{c}")),
            };
            text.chars().map(byte).collect()
        }
    }
}

/// Reads people of `name;place;quote` in an encoding.
fn read(people: &[&str], encoding: &str) -> Sheet {
    let rows = people.iter().enumerate().map(|(index, person)| format!("{index}.jpg;{person}\r\n"));
    let text = format!("file;name;place;quote\r\n{}", rows.collect::<String>());
    sheet::read(&encode(&text, encoding), &mut |_| false).unwrap()
}

/// The names, places and quotes that were read, and how many were not; panics where one was read wrong.
fn read_right(people: &[&str], encoding: &str) -> (usize, usize) {
    let sheet = read(people, encoding);
    let (mut right, mut unread) = (0, 0);
    for (row, person) in sheet.rows.iter().zip(people) {
        let read = [&row.person.name, &row.person.place, &row.person.quote];
        for (read, written) in read.into_iter().zip(person.split(';')) {
            assert!(read == written || read.is_empty(), "{encoding}: {written} was read as {read}");
            right += usize::from(read == written);
            unread += usize::from(read != written);
        }
    }
    let told = sheet.notes.iter().filter(|note| note.text.contains("not known")).count();
    assert_eq!(told > 0, unread > 0, "{:?}", sheet.notes);
    (right, unread)
}

/// One person as programs of a country write them.
const CLEAR: [(&str, &str); 25] = [
    ("Windows-1252", "René Müller;Zürich;C’est nous"),
    ("Windows-1252", "Hélène Lefèvre;Besançon;Nous sommes là"),
    ("Windows-1252", "João Conceição;São Paulo;Nós também"),
    ("Windows-1252", "Søren Kjær;Tromsø;Vi er her"),
    ("Windows-1250", "Łucja Święcicka;Gdańsk;Jesteśmy tu"),
    ("Windows-1250", "Jiří Dvořák;Plzeň;Jsme tu všichni"),
    ("Windows-1250", "Győző Szűcs;Győr;Itt vagyunk mindnyájan"),
    ("Windows-1251", "Анна Ковальчук;Киев;Мы здесь"),
    ("Windows-1251", "Їжак Ія;Львів;Ми тут"),
    ("Windows-1253", "Γιώργος Παππάς;Αθήνα;Είμαστε εδώ"),
    ("Windows-1254", "Eda Şimşek;İzmir;Buradayız"),
    ("Windows-1255", "נועה לוי;חיפה;כולנו כאן"),
    ("Windows-1256", "ليلى محمد;القاهرة;نحن هنا"),
    ("Windows-1257", "Jānis Bērziņš;Rīga;Mēs esam šeit"),
    ("Windows-874", "สมชาย ใจดี;กรุงเทพ;เราอยู่ที่นี่"),
    ("Shift_JIS", "佐藤千恵;東京;ここにいる"),
    ("Shift_JIS", "髙橋 結衣;大阪;ひとりじゃない"),
    ("GB 18030", "王小明;北京;我们都在这里"),
    ("Big5", "陳大文;香港;我們都在這裡"),
    ("EUC-KR", "김민수;서울;우리는 여기 있다"),
    ("EUC-JP", "佐藤千恵;東京;わたしたちはここにいる"),
    ("Mac OS Roman", "René Müller;Zürich;C’est nous"),
    ("Mac OS Roman", "Jürgen Groß;Köln;Wir sind hier"),
    ("code page 850", "René Müller;Zürich;Nous sommes très heureux"),
    ("code page 866", "Анна Ковальчук;Киев;Мы здесь"),
];

#[test]
fn one_person_tells_the_encoding() {
    let mut unread = Vec::new();
    for (encoding, person) in CLEAR {
        let (_, missing) = read_right(&[person], encoding);
        if missing > 0 {
            let sheet = read(&[person], encoding);
            unread.push(format!("{encoding}: {person}: {missing} {:?} {:?}", sheet.rows[0].person, sheet.notes));
        }
    }
    assert_eq!(unread, Vec::<String>::new());
}

/// Single words, of which several are words in another encoding, too.
const WORDS: [(&str, &str); 14] = [
    (
        "Windows-1252",
        "René Hélène Lefèvre François João Muñoz Müller Åsa Sjöström Søren Kjær Noël Zoë Forêt Bjørn à Málaga Conceição Niccolò Þór Straße Gonçalves Guimarães Simões Iñaki Peña Antònia Núria Æsa Lætitia Anaïs Loïc Cœur Benoît Größe Ærø Jón Guðrún Citroën Élodie Çelik Tromsø Antonín Señor Irmã Corrêa Québec Nîmes Besançon Córdoba Brontë",
    ),
    (
        "Windows-1250",
        "Gdańsk Wiśniewska Kraków Dvořák Novák Čapek Győző Szűcs Erdős Zdeňka Bucureşti Michał Łódź Dąbrowska Wójcik Wrocław Jiří Božena Žižka Kovačević Đorđe Šibenik Ľubomír Ťažký Ďurica Köves Bărbulescu Ionuţ Kőszeg Plzeň Růžena Műller Štěpán Małgorzata Świątek Źródło Łęcka Ćosić Žaneta Maďarsko Nuţă Poznań Šárka",
    ),
    (
        "Windows-1254",
        "Şimşek İzmir Ayşe Çağrı Işık Doğan Gül İstanbul Erdoğan Iğdır Yıldız Güneş Öztürk Kılıç Ağaoğlu Şükrü Muğla Buradayız Özgür İpek Çiğdem Beşiktaş",
    ),
    (
        "Windows-1257",
        "Jānis Bērziņš Rīga Žukauskas Šiauliai Kõiv Liepāja Jūrmala Kęstutis Vytautė Ūla Ģirts Ņina Čiurlionis Tõnu Ķegums",
    ),
    ("Windows-1251", "Анна Вера Киев Ђорђе Їжак Ольга Юрій Щербаков Йосип Наталья Ёлкин Љиљана Ўладзімір Београд"),
    ("Windows-1253", "Γιώργος Αθήνα Μαρία Ελένη Θεσσαλονίκη Κώστας Πάτρα"),
    ("Windows-1255", "נועה חיפה שלום דוד ירושלים"),
    ("Windows-1256", "محمد القاهرة ليلى فاطمة علي بيروت"),
    (
        "Mac OS Roman",
        "René Günther Müller Jürgen Straße François Noël Zürich Köln Åsa Bjørn Muñoz João Größe Hélène Élodie",
    ),
    ("code page 850", "René Günther Müller Zürich Köln Muñoz João François Hélène"),
    ("Shift_JIS", "山田 田中 佐藤 渡辺 大阪 髙橋 鈴木 中村 ゆい ハナ 林"),
    ("GB 18030", "李娜 张伟 王芳 北京 上海 刘洋 陈静 广州 鑫"),
    ("Big5", "林志玲 香港 臺北 陳大文 王小明 高雄 李"),
    ("EUC-KR", "이영희 서울 부산 박지성 김민수 최 제주"),
];

#[test]
fn letters_are_never_guessed() {
    let mut shown = 0;
    for (encoding, words) in WORDS {
        let words: Vec<&str> = words.split(' ').collect();
        let (mut right, mut unread) = (0, 0);
        let mut count = |people: &[&str]| {
            let (more, missing) = read_right(people, encoding);
            (right, unread) = (right + more, unread + missing);
        };
        words.iter().for_each(|word| count(&[word]));
        words.windows(2).for_each(|pair| count(&[&pair.join(" ")]));
        words.windows(2).for_each(|pair| count(&[&pair.join(";")]));
        println!("{encoding}: {right} read, {unread} not");
        // All of them together are no question.
        let (right, unread) = read_right(&words, encoding);
        println!("    together: {right} read, {unread} not");
        assert!(unread * 10 <= right, "{encoding}: {unread} of {} are not shown", words.len());
        shown += right;
    }
    assert!(shown > 200);
}
