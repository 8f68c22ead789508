//! The invented people of the demo: how they are called, reached and paid in several countries. Any likeness is chance.

use std::collections::HashSet;

use numbering::{PhoneNumber, Region, parse};
use rand::{Rng, RngExt as _};

/// How people of one country are called and reached.
#[derive(Debug)]
pub struct Country {
    pub code: &'static str,
    /// How many of the demo's people live there, in relation to the others.
    pub share: u32,
    pub currency: &'static str,
    /// Minor units for the price of one euro.
    pub euro_minor: i64,
    /// National beginnings of mobile numbers, and how many digits follow.
    mobile: &'static [(&'static str, usize)],
    men: &'static str,
    women: &'static str,
    /// Surnames, or `his|hers` where they differ.
    surnames: &'static str,
    /// Usual short forms and spellings, `Full:Short,Short`.
    short: &'static str,
    streets: &'static str,
    towns: &'static str,
    postcode_digits: usize,
    house_first: bool,
}

pub static COUNTRIES: &[Country] = &[
    Country {
        code: "BD",
        share: 24,
        currency: "BDT",
        euro_minor: 13_000,
        mobile: &[("017", 8), ("018", 8), ("019", 8), ("016", 8)],
        men: "Mohammad Abdul Rafiqul Shamsul Kamrul Nurul Aminul Zahirul Mizanur Habibur Tanvir Shakil Imran Sajjad Mahmud Faruk Selim Monir Babul Liton Sabbir Rezaul",
        women: "Fatema Nasima Rokeya Shahnaz Salma Jesmin Nargis Tahmina Farhana Sabina Rumana Lutfun Moriom Shapla Rehana Kulsum Anwara Nilufar Shirin Monowara",
        surnames: "Rahman Islam Hossain Ahmed Miah Chowdhury Sarker Talukder Bhuiyan Haque Mollah Sikder Biswas Saha Howlader Majumder Mridha Pramanik Gazi Khondaker",
        short: "Mohammad:Md.,Mohammed,Mohd Mizanur:Mizan Habibur:Habib Rafiqul:Rafiq Kamrul:Kamal Rezaul:Reza",
        streets: "Mirpur Road|Green Road|Station Road|College Road|Lake Circus|Bank Colony|Hospital Road|School Lane",
        towns: "Dhaka|Chattogram|Sylhet|Khulna|Rajshahi|Bogura|Cumilla",
        postcode_digits: 4,
        house_first: true,
    },
    Country {
        code: "RO",
        share: 20,
        currency: "RON",
        euro_minor: 500,
        mobile: &[("072", 7), ("073", 7), ("074", 7), ("075", 7)],
        men: "Andrei Alexandru Mihai Ștefan Cristian Gabriel Ionuț Florin Răzvan Vlad Cătălin Adrian Lucian Sorin Dragoș Gheorghe Constantin Nicolae Tudor Ilie",
        women: "Maria Elena Andreea Ioana Mihaela Cristina Alexandra Gabriela Raluca Simona Roxana Mădălina Georgiana Bianca Carmen Iulia Anca Luminița Floarea Doina",
        surnames: "Popescu Ionescu Dumitrescu Stoica Marinescu Ciobanu Munteanu Șerban Lazăr Tănase Dobre Nistor Florea Voinea Păun Țurcanu Zamfir Crăciun Apostol Vasilescu",
        short: "Alexandru:Alex,Sandu Alexandra:Alexa Gabriela:Gabi Gabriel:Gabi Cristian:Cristi Cristina:Cris Gheorghe:Gigi Nicolae:Nicu Constantin:Costel",
        streets: "Strada Florilor|Strada Libertății|Bulevardul Unirii|Strada Gării|Aleea Trandafirilor|Strada Morii|Strada Teilor",
        towns: "București|Cluj-Napoca|Iași|Timișoara|Brașov|Sibiu|Craiova",
        postcode_digits: 6,
        house_first: false,
    },
    Country {
        code: "FI",
        share: 18,
        currency: "EUR",
        euro_minor: 100,
        mobile: &[("040", 7), ("050", 7), ("044", 7), ("045", 7)],
        men: "Mikko Matti Timo Antti Jukka Pekka Jari Ville Heikki Olli Lauri Eero Teemu Petteri Tuomas Hannu Aleksi Väinö Onni Eetu",
        women: "Anna Helena Johanna Kaarina Liisa Sanna Tuula Päivi Minna Riikka Satu Laura Aino Venla Kirsi Outi Elina Noora Siiri Hilkka",
        surnames: "Korhonen Virtanen Mäkinen Nieminen Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Saarinen Salminen Kinnunen Turunen Rantanen Kärkkäinen Hyvönen Väisänen Tikkanen Ylönen",
        short: "Johanna:Hanna Helena:Leena Kaarina:Kaija Petteri:Pete Aleksi:Ale Tuomas:Tume",
        streets: "Kirkkokatu|Koulukatu|Rantatie|Asemakatu|Puistokatu|Myllytie|Koivutie|Harjutie",
        towns: "Helsinki|Tampere|Turku|Oulu|Espoo|Kuopio|Lahti",
        postcode_digits: 5,
        house_first: false,
    },
    Country {
        code: "IN",
        share: 8,
        currency: "INR",
        euro_minor: 9_000,
        mobile: &[("98", 8), ("99", 8), ("97", 8)],
        men: "Rajesh Suresh Amit Vikram Arjun Sanjay Manoj Deepak Anil Karthik Harish Rohan Naveen Pradeep Gopal",
        women: "Priya Anjali Sunita Kavita Lakshmi Meena Pooja Divya Swati Rekha Shalini Geeta Nandini Asha Vidya",
        surnames: "Sharma Patel Reddy Nair Iyer Gupta Singh Mehta Joshi Desai Menon Kulkarni Verma Pillai Banerjee",
        short: "Lakshmi:Laxmi Pradeep:Pradip Priya:Priyanka",
        streets: "Gandhi Road|Temple Street|Lake View Road|Market Road|Park Lane|Second Cross",
        towns: "Bengaluru|Pune|Chennai|Jaipur|Kochi|Kolkata",
        postcode_digits: 6,
        house_first: true,
    },
    Country {
        code: "GB",
        share: 7,
        currency: "GBP",
        euro_minor: 86,
        mobile: &[("0771", 7), ("0780", 7), ("0795", 7)],
        men: "James Robert Michael William Thomas Christopher Matthew Stephen Andrew Edward George Oliver Benjamin Peter Gareth",
        women: "Patricia Jennifer Elizabeth Susan Margaret Charlotte Katherine Victoria Rebecca Deborah Helen Amelia Gillian Imogen Beryl",
        surnames: "Taylor Hargreaves Ashworth Pemberton Fairclough Ogden Kershaw Blackwell Winterbottom Gillespie Thornton Whitaker Bramley Holloway Sutcliffe",
        short: "Robert:Rob,Bob Michael:Mike William:Will,Bill Thomas:Tom Christopher:Chris Matthew:Matt Andrew:Andy Benjamin:Ben Elizabeth:Liz,Beth Jennifer:Jen Susan:Sue Katherine:Kate Rebecca:Becky",
        streets: "High Street|Station Road|Church Lane|Mill Lane|Park Avenue|Manor Drive",
        towns: "Leeds|Bristol|York|Cardiff|Norwich|Exeter",
        postcode_digits: 5,
        house_first: true,
    },
    Country {
        code: "DE",
        share: 7,
        currency: "EUR",
        euro_minor: 100,
        mobile: &[("0151", 8), ("0171", 7), ("0160", 7)],
        men: "Jürgen Wolfgang Andreas Stefan Matthias Sebastian Florian Lukas Jonas Günther Dieter Tobias Björn Torsten Uwe",
        women: "Ursula Sabine Susanne Katharina Stefanie Franziska Greta Käthe Ingrid Heike Birgit Annegret Jana Lena Silke",
        surnames: "Müller Schäfer Köhler Jäger Krüger Böhm Vogt Lindemann Brandt Weiß Hoffmann Riedel Pohl Arnold Busch",
        short: "Katharina:Kathi Stefanie:Steffi Franziska:Franzi Sebastian:Basti Matthias:Matze",
        streets: "Bahnhofstraße|Gartenweg|Lindenallee|Schulstraße|Am Markt|Mühlweg",
        towns: "Leipzig|Bremen|Freiburg|Kassel|Ulm|Rostock",
        postcode_digits: 5,
        house_first: false,
    },
    Country {
        code: "NG",
        share: 6,
        currency: "NGN",
        euro_minor: 170_000,
        mobile: &[("0803", 7), ("0806", 7), ("0813", 7)],
        men: "Chinedu Emeka Tunde Segun Ibrahim Musa Obinna Kunle Yusuf Femi Uche Sani",
        women: "Ngozi Amaka Funke Aisha Chioma Bisi Zainab Ifeoma Yetunde Halima Adaeze Kemi",
        surnames: "Okafor Adeyemi Balogun Eze Bello Nwosu Abubakar Ogunleye Okonkwo Lawal Adebayo Danjuma",
        short: "Ibrahim:Ibro Adaeze:Ada Chinedu:Nedu",
        streets: "Allen Avenue|Market Street|Airport Road|Unity Close|Palm Street",
        towns: "Lagos|Ibadan|Abuja|Enugu|Kano",
        postcode_digits: 6,
        house_first: true,
    },
    Country {
        code: "ES",
        share: 5,
        currency: "EUR",
        euro_minor: 100,
        mobile: &[("612", 6), ("655", 6), ("677", 6)],
        men: "Antonio Francisco José Manuel Javier Álvaro Íñigo Rubén Andrés Joaquín Santiago Ignacio",
        women: "Carmen Dolores Lucía Pilar Inés Begoña Rocío Mercedes Nuria Sofía Concepción Montserrat",
        surnames: "García Fernández Muñoz Ibáñez Núñez Castaño Peña Ortega Vázquez Crespo Marín Rubio",
        short: "Francisco:Paco,Fran José:Pepe Dolores:Lola Concepción:Concha Montserrat:Montse Ignacio:Nacho",
        streets: "Calle Mayor|Calle del Sol|Avenida de la Paz|Plaza Nueva|Calle Real",
        towns: "Sevilla|Zaragoza|Bilbao|Murcia|Vigo",
        postcode_digits: 5,
        house_first: false,
    },
    Country {
        code: "US",
        share: 5,
        currency: "USD",
        euro_minor: 108,
        mobile: &[("415867", 4), ("617233", 4), ("512667", 4), ("303229", 4)],
        men: "Joshua Brandon Tyler Kevin Raymond Gregory Patrick Dennis Walter Ethan Carlos Marcus",
        women: "Ashley Brittany Megan Heather Denise Tiffany Kimberly Amber Rosa Latoya Gloria Hannah",
        surnames: "Whitfield Delgado Novak Hutchins Barrera Kowalski Mercer Langley Ramos Stratton Mayfield Quigley",
        short: "Joshua:Josh Gregory:Greg Patrick:Pat Kimberly:Kim Raymond:Ray",
        streets: "Maple Street|Oak Avenue|Cedar Lane|2nd Street|Lakeview Drive",
        towns: "Austin|Denver|Boston|Portland|Madison",
        postcode_digits: 5,
        house_first: true,
    },
];

/// A word of a list.
fn pick<'a>(list: &'a str, between: char, rng: &mut impl Rng) -> &'a str {
    let words: Vec<&str> = list.split(between).collect();
    words[rng.random_range(0..words.len())]
}

/// A country, the larger shares more often.
pub fn country(rng: &mut impl Rng) -> &'static Country {
    let mut left = rng.random_range(0..COUNTRIES.iter().map(|country| country.share).sum());
    let found = COUNTRIES.iter().find(|country| {
        let here = left < country.share;
        left = left.saturating_sub(country.share);
        here
    });
    found.unwrap_or(&COUNTRIES[0])
}

/// Where somebody lives.
#[derive(Clone, Debug)]
pub struct Home {
    pub street: String,
    pub town: &'static str,
    pub postcode: String,
}

impl Country {
    pub fn region(&self) -> Region {
        self.code.parse().expect("the codes above are regions")
    }

    pub fn given(&self, woman: bool, rng: &mut impl Rng) -> &'static str {
        pick(if woman { self.women } else { self.men }, ' ', rng)
    }

    pub fn surname(&self, rng: &mut impl Rng) -> &'static str {
        pick(self.surnames, ' ', rng)
    }

    /// A usual short form or other spelling of a first name, if there is one.
    pub fn short(&self, given: &str, rng: &mut impl Rng) -> Option<&'static str> {
        let entry =
            self.short.split(' ').find_map(|entry| entry.split_once(':').filter(|(full, _)| *full == given));
        entry.map(|(_, forms)| pick(forms, ',', rng))
    }

    pub fn home(&self, rng: &mut impl Rng) -> Home {
        let (street, house) = (pick(self.streets, '|', rng), rng.random_range(1..180));
        let street = if self.house_first { format!("{house} {street}") } else { format!("{street} {house}") };
        let digits = u32::try_from(self.postcode_digits).unwrap_or(5);
        let code = rng.random_range(10u32.pow(digits - 1)..10u32.pow(digits));
        Home { street, town: pick(self.towns, '|', rng), postcode: code.to_string() }
    }

    /// A mobile number that the numbering plan has and nobody of the demo holds yet.
    pub fn number(&self, taken: &mut HashSet<PhoneNumber>, rng: &mut impl Rng) -> PhoneNumber {
        loop {
            let (start, digits) = self.mobile[rng.random_range(0..self.mobile.len())];
            let rest: String = (0..digits).map(|_| char::from(b'0' + rng.random_range(0..10u8))).collect();
            if let Ok(parsed) = parse(&format!("{start}{rest}"), Some(self.region()))
                && parsed.number.line_type().may_be_mobile()
                && taken.insert(parsed.number)
            {
                return parsed.number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn every_country_gives_numbers_of_its_own_plan() {
        let (mut rng, mut taken) = (StdRng::seed_from_u64(1), HashSet::new());
        for country in COUNTRIES {
            for _ in 0..50 {
                let number = country.number(&mut taken, &mut rng);
                assert!(number.is_valid() && number.region() == Some(country.region()), "{}", country.code);
            }
            assert!(country.currency.parse::<base::Currency>().is_ok());
        }
        assert_eq!(taken.len(), 50 * COUNTRIES.len());
    }
}
