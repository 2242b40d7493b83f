//! The entropy-coded coefficients of a baseline JPEG. Those that are not needed are passed over several at a time: a table says of
//! each 13 bits how many whole coefficients are in them.

use super::{Result, Unsuited};

/// Bits of the table of codes, and of that which passes coefficients over.
const CODE_BITS: u32 = 10;
const SKIP_BITS: u32 = 13;

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
    /// By the next bits: how many of them are whole coefficients, how far those lead, and whether the block ends with them.
    skip: Vec<Skip>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Skip {
    bits: u8,
    places: u8,
    is_end: bool,
}

impl Codes {
    pub fn new(counts: &[u8], symbols: &[u8]) -> Result<Self> {
        let mut codes = Self {
            short: vec![0; 1 << CODE_BITS],
            ends: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
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

    /// Makes the table that passes coefficients over, once.
    pub fn prepare_skipping(&mut self) {
        if !self.skip.is_empty() {
            return;
        }
        let entry = |window: u32| {
            let (mut skip, mut at) = (Skip::default(), 0);
            while at < SKIP_BITS {
                let rest = (window << (32 - SKIP_BITS)) << at >> 16;
                let Ok((length, symbol)) = self.code(rest) else { break };
                let (run, size) = (symbol >> 4, u32::from(symbol & 15));
                let places = if size > 0 { run + 1 } else { 16 };
                let is_end = size == 0 && run < 15;
                if at + length + size > SKIP_BITS || (!is_end && skip.places + places > 63) {
                    break;
                }
                at += length + size;
                skip.bits = at as u8;
                if is_end {
                    skip.is_end = true;
                    break;
                }
                skip.places += places;
            }
            skip
        };
        self.skip = (0..1 << SKIP_BITS).map(entry).collect();
    }
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

    /// Fills the word to at least 48 bits.
    #[inline(always)]
    fn fill(&mut self) {
        if self.count >= 48 {
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
    fn peek16(&self) -> u32 {
        (self.word >> 48) as u32
    }

    #[inline(always)]
    fn take(&mut self, bits: u32) {
        self.word <<= bits;
        self.count -= bits;
    }

    /// The value of so many bits, at most 16.
    #[inline(always)]
    fn value(&mut self, size: u32) -> i32 {
        let bits = (self.word >> 1 >> (63 - size)) as i32;
        self.take(size);
        // A first bit of 0 stands for negative values.
        if size > 0 && bits >> (size - 1) == 0 { bits - (1 << size) + 1 } else { bits }
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

/// Reads a block's coefficients up to the one at `last` in the order of the file, and passes the others over.
#[inline(always)]
pub fn read_block(
    bits: &mut Bits<'_>,
    dc: &Codes,
    ac: &Codes,
    prediction: &mut i32,
    block: &mut [i16; 64],
    last: usize,
) -> Result<()> {
    bits.fill();
    let (length, size) = dc.code(bits.peek16())?;
    if size > 11 {
        return Err(Unsuited);
    }
    bits.take(length);
    *prediction = prediction.wrapping_add(bits.value(u32::from(size)));
    block[0] = *prediction as i16;
    let mut place = 1;
    while place < 64 {
        bits.fill();
        if place > last {
            let skip = ac.skip[(bits.word >> (64 - SKIP_BITS)) as usize];
            let after = place + usize::from(skip.places);
            if skip.bits > 0 && after < 64 {
                bits.take(u32::from(skip.bits));
                if skip.is_end {
                    return Ok(());
                }
                place = after;
                continue;
            }
        }
        let (length, symbol) = ac.code(bits.peek16())?;
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
        if place <= last {
            block[usize::from(ZIGZAG[place])] = value as i16;
        }
        place += 1;
    }
    Ok(())
}
