//! What the measurements share: an order file of any size, and how much memory a process used.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use rand::{Rng, RngExt as _, SeedableRng as _, rngs::SmallRng};

/// Given and family names of several countries; commonness is not modelled, a measurement of speed does not need it.
const GIVEN: [&str; 16] = [
    "Aino", "Mikko", "Rahim", "Fatema", "Ion", "Maria", "John", "Emily", "Anna", "Juan", "Priya", "Omar",
    "Chen", "Sofia", "Lars", "Nadia",
];
const FAMILY: [&str; 16] = [
    "Virtanen", "Korhonen", "Rahman", "Akter", "Popescu", "Ionescu", "Smith", "Taylor", "Schmidt", "Garcia",
    "Sharma", "Hassan", "Wei", "Rossi", "Hansen", "Karim",
];

/// Writes an order file of about `lines` lines: some eight orders a customer over three years, one or two lines an order, spellings of numbers
/// that vary, nothing but the number on the third of the orders that come from the till. Returns the number of lines.
pub fn write_orders(path: &Path, lines: u64, seed: u64) -> io::Result<u64> {
    write_orders_of(path, lines, (lines / 12).max(1), seed)
}

/// As [`write_orders`], of so many customers.
pub fn write_orders_of(path: &Path, lines: u64, customers: u64, seed: u64) -> io::Result<u64> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(b"order_id,ordered_at,number,name,email,address,postcode,country,loyalty_id,sku,product,category,quantity,unit_price,amount,currency,status,store\n")?;
    let mut written = 0;
    let mut order = 0u64;
    while written < lines {
        order += 1;
        let customer = rng.random_range(0..customers);
        written += write_order(&mut out, &mut rng, order, customer)?;
    }
    out.flush()?;
    Ok(written)
}

fn write_order(out: &mut impl io::Write, rng: &mut SmallRng, order: u64, customer: u64) -> io::Result<u64> {
    // Everything about a customer follows from its number, so no table of customers is kept.
    let mut who = SmallRng::seed_from_u64(customer.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let given = GIVEN[who.random_range(0..GIVEN.len())];
    let family = FAMILY[who.random_range(0..FAMILY.len())];
    let national = format!("171{:07}", customer % 10_000_000);
    let number = match rng.random_range(0..5u8) {
        0 => format!("+880{national}"),
        1 => format!("0{}-{}", &national[..4], &national[4..]),
        2 => format!("00880{national}"),
        3 => format!("+880 {} {}", &national[..4], &national[4..]),
        _ => format!("0{national}"),
    };
    // A third of the orders come from the till, which knows the number alone; of the others one name in eight is cut short.
    let till = rng.random_bool(0.33);
    let name = match (till, rng.random_range(0..8u8)) {
        (true, _) => String::new(),
        (false, 0) => format!("{}. {family}", &given[..1]),
        (false, _) => format!("{given} {family}"),
    };
    let has_email = who.random_bool(0.6);
    let email = if has_email && !till {
        format!("{given}.{family}{customer}@example.com").to_lowercase()
    } else {
        String::new()
    };
    let (street, house) = (who.random_range(1..400u32), who.random_range(1..90u32));
    let address =
        if till { ",".to_owned() } else { format!("\"{house} Road {street}, Dhaka\",12{:02}", street % 100) };
    let second = rng.random_range(0..94_608_000u64);
    let at = 1_640_995_200 + second;
    let count = if rng.random_bool(0.5) { 1 } else { 2 };
    for _ in 0..count {
        let sku = rng.next_u32() % 20_000;
        let (quantity, price) = (rng.random_range(1..4u32), rng.random_range(100..9_000u32));
        let amount = quantity * price;
        writeln!(
            out,
            "W{order:09},{at},{number},{name},{email},{address},BD,,SKU-{sku:05},Product {sku},Category {},{quantity},{}.{:02},{}.{:02},BDT,delivered,web",
            sku % 40,
            price / 100,
            price % 100,
            amount / 100,
            amount % 100
        )?;
    }
    Ok(count)
}

/// The most memory that this process has used, in MiB.
pub fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
