//! The entropy-coded coefficients of a baseline JPEG. Tables say of the next bits which whole coefficients are in them, so that
//! a block takes few steps: one for the first coefficient, one for those after it that are needed and what follows them, and
//! others that pass over the rest.

use super::{Result, Unsuited};

/// Bits of the table of codes and of that of first coefficients.
const CODE_BITS: u32 = 10;
/// Bits of the table of what follows the first coefficient.
const LEAD_BITS: u32 = 12;
/// Bits of the table that passes coefficients over.
const SKIP_BITS: u32 = 13;
/// The most that a code and its value take.
const MOST_BITS: u32 = 32;
/// The last coefficient, in the order of the file, that the table of what follows the first one tells.
const LAST_OF_LEAD: usize = 4;

/// The place in a block of each coefficient, in the order of the file.
pub const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// A table of codes.
pub struct Codes {
    /// By the next bits: the code's length and its symbol, or 0 for longer codes.
    short: Vec<u16>,
    /// Of each length the code after the last, aligned to 16 bits, and what leads from a code to its symbol.
    ends: [u32; 17],
    offsets: [i32; 17],
    symbols: Vec<u8>,
    /// By the next bits: a first coefficient with its code.
    first: Vec<First>,
    /// By the next bits: coefficients from the second on.
    lead: Vec<Lead>,
    /// By the next bits: how many of them are whole coefficients.
    skip: Vec<Skip>,
}

/// The difference of a first coefficient, and the bits of it and its code; 0 where those are more.
#[derive(Clone, Copy, Debug, Default)]
struct First {
    difference: i16,
    bits: u8,
}

/// Whole coefficients: their bits, and how far they lead, with [`IS_END`] where the block ends after them.
#[derive(Clone, Copy, Debug, Default)]
struct Skip {
    bits: u8,
    places: u8,
}

const IS_END: u8 = 0x80;

/// Whole coefficients from the second on, with the values of those at 1, 2 and 4 in the order of the file.
#[derive(Clone, Copy, Debug, Default)]
struct Lead {
    values: [i16; 3],
    skip: Skip,
}

impl Skip {
    /// Whole coefficients and those that follow them, as far as these are within a block.
    const fn then(self, next: Self) -> Self {
        if self.places + (next.places & !IS_END) < 64 {
            Self { bits: self.bits + next.bits, places: self.places + next.places }
        } else {
            self
        }
    }

    const fn is_end(self) -> bool {
        self.places & IS_END != 0
    }

    /// The place after them.
    const fn after(self, place: usize) -> usize {
        place + (self.places & !IS_END) as usize
    }
}

impl Codes {
    pub fn new(counts: &[u8], symbols: &[u8]) -> Result<Self> {
        let mut codes = Self {
            short: vec![0; 1 << CODE_BITS],
            ends: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
            first: Vec::new(),
            lead: Vec::new(),
            skip: Vec::new(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(counts[length as usize - 1]);
            codes.offsets[length as usize] = index as i32 - code as i32;
            for _ in 0..count {
                let symbol = *symbols.get(index).ok_or(Unsuited)?;
                if code >> length != 0 {
                    return Err(Unsuited);
                }
                if length <= CODE_BITS {
                    let first = (code << (CODE_BITS - length)) as usize;
                    let entry = (length as u16) << 8 | u16::from(symbol);
                    codes.short[first..first + (1 << (CODE_BITS - length))].fill(entry);
                }
                code += 1;
                index += 1;
            }
            codes.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(codes)
    }

    /// The length and the symbol of the code at the beginning of 16 bits.
    #[inline(always)]
    fn code(&self, bits: u32) -> Result<(u32, u8)> {
        let entry = self.short[(bits >> (16 - CODE_BITS)) as usize & ((1 << CODE_BITS) - 1)];
        if entry != 0 {
            return Ok((u32::from(entry >> 8), entry as u8));
        }
        self.long_code(bits)
    }

    #[cold]
    fn long_code(&self, bits: u32) -> Result<(u32, u8)> {
        for length in CODE_BITS + 1..=16 {
            if bits < self.ends[length as usize] {
                let index = (bits >> (16 - length)) as i32 + self.offsets[length as usize];
                let symbol = usize::try_from(index).ok().and_then(|index| self.symbols.get(index));
                return symbol.map(|symbol| (length, *symbol)).ok_or(Unsuited);
            }
        }
        Err(Unsuited)
    }

    /// Makes the table of first coefficients, once.
    pub fn prepare_first(&mut self) {
        if self.first.is_empty() {
            let first = |window: u32| {
                let (length, size) = self.code(window << (16 - CODE_BITS)).ok()?;
                let size = u32::from(size);
                let bits = length + size;
                (bits <= CODE_BITS).then(|| First {
                    difference: extended(window >> (CODE_BITS - bits) & ((1 << size) - 1), size) as i16,
                    bits: bits as u8,
                })
            };
            self.first = (0..1 << CODE_BITS).map(|window| first(window).unwrap_or_default()).collect();
        }
    }

    /// The first coefficient in so many bits: its bits with their code, its places in the block, and its value.
    fn coefficient(&self, window: u32, bits: u32) -> Option<(Skip, i16)> {
        let (length, symbol) = self.code(window << (16 - bits)).ok()?;
        let (run, size) = (symbol >> 4, u32::from(symbol & 15));
        let taken = length + size;
        let rest = bits.checked_sub(taken)?;
        let places = match (size, run) {
            (0, 15) => 16,
            (0, _) => IS_END,
            _ => run + 1,
        };
        let value = extended(window >> rest & ((1 << size) - 1), size) as i16;
        Some((Skip { bits: taken as u8, places }, value))
    }

    /// Makes the table that passes coefficients over, and, where `is_lead`, that of what follows the first one; once.
    pub fn prepare_skipping(&mut self, is_lead: bool) {
        if !self.skip.is_empty() {
            return;
        }
        // Of 0 to `SKIP_BITS` bits, one table after the other, for each is made from those of fewer.
        let mut tables = vec![Skip::default(); 2 << SKIP_BITS];
        let at = |window: u32, bits: u32| ((1 << bits) + (window & ((1 << bits) - 1))) as usize;
        for bits in 1..=SKIP_BITS {
            for window in 0..1 << bits {
                let Some((first, _)) = self.coefficient(window, bits) else { continue };
                let rest = bits - u32::from(first.bits);
                tables[at(window, bits)] = if first.is_end() { first } else { first.then(tables[at(window, rest)]) };
            }
        }
        if is_lead {
            let lead = |window: u32| {
                let (mut lead, mut place, mut rest) = (Lead::default(), 1_usize, LEAD_BITS);
                while place <= LAST_OF_LEAD {
                    let Some((next, value)) = self.coefficient(window & ((1 << rest) - 1), rest) else { return lead };
                    rest -= u32::from(next.bits);
                    lead.skip = lead.skip.then(next);
                    if next.is_end() {
                        return lead;
                    }
                    place += usize::from(next.places);
                    match place - 1 {
                        1 => lead.values[0] = value,
                        2 => lead.values[1] = value,
                        4 => lead.values[2] = value,
                        _ => {}
                    }
                }
                lead.skip = lead.skip.then(tables[at(window, rest)]);
                lead
            };
            self.lead = (0..1 << LEAD_BITS).map(lead).collect();
        }
        tables.drain(..1 << SKIP_BITS);
        self.skip = tables;
    }
}

/// The value that so many bits stand for: a first bit of 0 stands for negative ones.
#[inline(always)]
const fn extended(bits: u32, size: u32) -> i32 {
    let bits = bits as i32;
    if size > 0 && bits >> (size - 1) == 0 { bits - (1 << size) + 1 } else { bits }
}

/// The bits of a scan.
pub struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// From the highest on.
    word: u64,
    count: u32,
    /// Bits in the word that are not in the file.
    missing: u32,
}

impl<'a> Bits<'a> {
    /// The bits of a scan that begins at this byte.
    pub const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, word: 0, count: 0, missing: 0 }
    }

    /// Fills the word to at least 56 bits where it has fewer than `least`.
    #[inline(always)]
    fn fill(&mut self, least: u32) {
        if self.count >= least {
            return;
        }
        if let Some(next) = self.bytes.get(self.at..self.at + 8).and_then(|next| next.first_chunk::<8>()) {
            let next = u64::from_be_bytes(*next);
            // Whether any byte is 0xFF.
            let inverted = !next;
            if inverted.wrapping_sub(0x0101_0101_0101_0101) & !inverted & 0x8080_8080_8080_8080 == 0 {
                self.word |= next >> self.count;
                let taken = (63 - self.count) >> 3;
                self.at += taken as usize;
                self.count += taken * 8;
                // What lies beyond the whole bytes is taken again.
                return;
            }
        }
        self.fill_slowly();
    }

    #[cold]
    fn fill_slowly(&mut self) {
        // Of a fill by words there may be bits beyond the count.
        self.word &= if self.count == 0 { 0 } else { u64::MAX << (64 - self.count) };
        while self.count <= 56 {
            let byte = match self.bytes.get(self.at) {
                Some(0xFF) if self.bytes.get(self.at + 1) == Some(&0) => {
                    self.at += 2;
                    0xFF
                }
                Some(0xFF) | None => {
                    self.missing += 8;
                    0
                }
                Some(byte) => {
                    self.at += 1;
                    *byte
                }
            };
            self.word |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline(always)]
    const fn peek(&self, bits: u32) -> u32 {
        (self.word >> (64 - bits)) as u32
    }

    #[inline(always)]
    fn take(&mut self, bits: u32) {
        self.word <<= bits;
        self.count -= bits;
    }

    /// The value of so many bits, at most 16.
    #[inline(always)]
    fn value(&mut self, size: u32) -> i32 {
        let bits = (self.word >> 1 >> (63 - size)) as u32;
        self.take(size);
        extended(bits, size)
    }

    /// Whether bits were taken that are not in the file.
    pub fn has_overrun(&self) -> bool {
        self.count < self.missing
    }

    /// Goes on after a restart marker of this number.
    pub fn restart(&mut self, number: usize) -> Result<()> {
        if self.has_overrun()
            || self.count - self.missing >= 8
            || self.bytes.get(self.at..self.at + 2) != Some(&[0xFF, 0xD0 + (number % 8) as u8])
        {
            return Err(Unsuited);
        }
        (self.at, self.word, self.count, self.missing) = (self.at + 2, 0, 0, 0);
        Ok(())
    }
}

/// Reads a block's coefficients up to the one at `LAST` in the order of the file, and passes the others over.
#[inline(always)]
pub fn read_block<const LAST: usize>(
    bits: &mut Bits<'_>,
    dc: &Codes,
    ac: &Codes,
    prediction: &mut i32,
    block: &mut [i16; 64],
) -> Result<()> {
    // Enough for two codes with their values, and what one of the tables passes over.
    bits.fill(56);
    let first = dc.first[bits.peek(CODE_BITS) as usize];
    let difference = if first.bits > 0 {
        bits.take(u32::from(first.bits));
        i32::from(first.difference)
    } else {
        let (length, size) = dc.code(bits.peek(16))?;
        if size > 11 {
            return Err(Unsuited);
        }
        bits.take(length);
        bits.value(u32::from(size))
    };
    *prediction = prediction.wrapping_add(difference);
    block[0] = *prediction as i16;
    let mut place = 1;
    if LAST == LAST_OF_LEAD {
        let lead = ac.lead[bits.peek(LEAD_BITS) as usize];
        for (at, value) in [1, 2, 4].into_iter().zip(lead.values) {
            block[usize::from(ZIGZAG[at])] = value;
        }
        bits.take(u32::from(lead.skip.bits));
        if lead.skip.is_end() {
            return Ok(());
        }
        place = lead.skip.after(place);
    }
    while place < 64 {
        bits.fill(MOST_BITS);
        if place > LAST {
            let skip = ac.skip[bits.peek(SKIP_BITS) as usize];
            if skip.bits > 0 && skip.after(place) < 64 {
                bits.take(u32::from(skip.bits));
                if skip.is_end() {
                    return Ok(());
                }
                place = skip.after(place);
                continue;
            }
        }
        let (length, symbol) = ac.code(bits.peek(16))?;
        bits.take(length);
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                return Ok(());
            }
            place += 16;
            continue;
        }
        place += run;
        let value = bits.value(size);
        if place > 63 {
            return Err(Unsuited);
        }
        if place <= LAST {
            block[usize::from(ZIGZAG[place])] = value as i16;
        }
        place += 1;
    }
    Ok(())
}
