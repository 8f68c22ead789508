//! People to invent: names, towns and number plans of several countries. Our own lists, apart from what linking knows of names.

/// How people of one country are called and reached.
#[derive(Debug)]
pub(super) struct Country {
    pub code: &'static str,
    pub currency: &'static str,
    pub calling_code: &'static str,
    /// National mobile numbers: a prefix with trunk zero if the country writes one, then this many digits.
    pub mobile: &'static [(&'static str, usize)],
    pub men: &'static str,
    pub women: &'static str,
    /// Surnames, or pairs `man's|woman's` where they differ.
    pub surnames: &'static str,
    /// Usual short forms, `Full:Short,Short`.
    pub short: &'static str,
    pub streets: &'static str,
    pub towns: &'static str,
    pub postcode_digits: usize,
}

pub(super) const COUNTRIES: &[Country] = &[
    Country {
        code: "BD",
        currency: "BDT",
        calling_code: "880",
        mobile: &[("017", 8), ("018", 8), ("019", 8), ("016", 8), ("013", 8)],
        men: "Rahim Karim Jamal Kamal Shafiqul Rafiqul Tanvir Sohel Rubel Masud Imran Arif Nazmul Mahbub Zahid Faisal Sajib Rakib Hasib Ashraful Anisur Mizanur Delwar Shahin Ripon Sumon Tareq Nayeem Asif Jahangir Mostafizur Habibur",
        women: "Fatema Ayesha Nasrin Sultana Shirin Tahmina Farzana Rokeya Sharmin Nusrat Sadia Jannatul Mousumi Rabeya Salma Taslima Hasina Parvin Rehana Sumaiya Lamia Israt Afroza Dilruba Kohinoor Mahmuda",
        surnames: "Rahman Islam Hossain Ahmed Khan Uddin Miah Chowdhury Sarkar Talukder Sikder Bhuiyan Hoque Alam Mollah Akter Begum Khatun Biswas Das Roy Saha Mondal Patwary Howlader Munshi Majumder Kazi Matubbar Dewan Prodhan Bepari",
        short: "Mizanur:Mizan Habibur:Habib Rafiqul:Rafiq Shafiqul:Shafiq Anisur:Anis Ashraful:Ashraf Jannatul:Jannat Mostafizur:Mostafiz",
        streets: "Mirpur Road|Green Road|Elephant Road|Gulshan Avenue|Satmasjid Road|Station Road|College Road|Jail Road|KDA Avenue|Sheikh Mujib Road",
        towns: "Dhaka|Chattogram|Sylhet|Khulna|Rajshahi|Barishal|Cumilla",
        postcode_digits: 4,
    },
    Country {
        code: "RO",
        currency: "RON",
        calling_code: "40",
        mobile: &[("072", 7), ("074", 7), ("075", 7), ("076", 7), ("073", 7)],
        men: "Andrei Alexandru Mihai Ștefan Cristian Gabriel Ionuț Florin Marius Bogdan Răzvan Vlad Radu Cătălin Adrian Daniel Lucian Sorin Ovidiu Dragoș Gheorghe Constantin Vasile Nicolae Liviu Cosmin Tudor Horia",
        women: "Maria Elena Andreea Ioana Ana Mihaela Cristina Alexandra Gabriela Raluca Oana Simona Roxana Daniela Mădălina Georgiana Larisa Bianca Alina Ramona Carmen Iulia Ștefania Corina Anca Luminița",
        surnames: "Popescu Ionescu Popa Radu Dumitru Stan Stoica Gheorghe Matei Ciobanu Rusu Munteanu Șerban Lazăr Tănase Dobre Barbu Nistor Florea Dragomir Voinea Păun Bălănescu Țurcanu Zamfir Crăciun Moldoveanu Ungureanu Apostol Grosu",
        short: "Alexandru:Alex,Sandu Alexandra:Alexa,Sanda Gabriela:Gabi Gabriel:Gabi Cristian:Cristi Cristina:Cris Mihai:Misu Daniela:Dana Constantin:Costel Nicolae:Nicu Gheorghe:Gigi Andreea:Andra Daniel:Dani",
        streets: "Strada Libertății|Strada Florilor|Bulevardul Unirii|Strada Mihai Eminescu|Strada Gării|Aleea Trandafirilor|Calea Victoriei|Strada Morii|Strada Teilor",
        towns: "București|Cluj-Napoca|Iași|Timișoara|Brașov|Constanța|Craiova",
        postcode_digits: 6,
    },
    Country {
        code: "FI",
        currency: "EUR",
        calling_code: "358",
        mobile: &[("040", 7), ("050", 7), ("044", 7), ("045", 7), ("041", 7)],
        men: "Juhani Mikko Matti Timo Antti Jukka Pekka Jari Ville Kari Heikki Olli Lauri Eero Teemu Sami Petteri Tuomas Janne Hannu Aleksi Joonas Väinö Onni Niilo Eetu",
        women: "Anna Maria Helena Johanna Kaarina Anneli Liisa Sanna Tuula Päivi Minna Riikka Satu Hanna Laura Emilia Aino Venla Kirsi Marja Pirjo Outi Elina Noora Iida Siiri",
        surnames: "Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Saarinen Salminen Heinonen Niemi Kinnunen Salonen Turunen Laitinen Rantanen Ylönen Pesonen Kärkkäinen Hyvönen Väisänen Sirviö Tikkanen Lappalainen",
        short: "Juhani:Jussi,Juha Johanna:Hanna Helena:Leena Kaarina:Kaija Mikko:Mika Aleksi:Ale Petteri:Pete",
        streets: "Kirkkokatu|Koulukatu|Rantatie|Mannerheimintie|Asemakatu|Puistokatu|Hämeentie|Myllytie|Koivutie",
        towns: "Helsinki|Tampere|Turku|Oulu|Espoo|Kuopio|Lahti",
        postcode_digits: 5,
    },
    Country {
        code: "GB",
        currency: "GBP",
        calling_code: "44",
        mobile: &[("0740", 7), ("0771", 7), ("0780", 7), ("0795", 7), ("0752", 7)],
        men: "James John Robert Michael William David Richard Thomas Christopher Daniel Matthew Anthony Mark Stephen Andrew Joshua Edward George Oliver Harry Jack Benjamin Samuel Alexander Peter Nicholas Gareth Clive",
        women: "Mary Patricia Jennifer Elizabeth Linda Barbara Susan Jessica Sarah Margaret Emma Olivia Charlotte Sophie Emily Katherine Victoria Rebecca Deborah Alexandra Helen Samantha Amelia Gillian Beryl Imogen",
        surnames: "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Clarke Hughes Fairclough Pemberton Ashworth Blackwell Gillespie Hargreaves Ogden Winterbottom Kershaw Tunnicliffe",
        short: "James:Jim,Jimmy,Jamie John:Johnny,Jack Robert:Bob,Rob Michael:Mike,Mick William:Bill,Will David:Dave Richard:Rick,Dick Thomas:Tom Christopher:Chris Daniel:Dan Matthew:Matt Anthony:Tony Stephen:Steve Andrew:Andy Joshua:Josh Edward:Ed,Ted Benjamin:Ben Samuel:Sam Alexander:Alex,Sandy Peter:Pete Nicholas:Nick Patricia:Pat,Trish Jennifer:Jen,Jenny Elizabeth:Liz,Beth Susan:Sue Jessica:Jess Margaret:Maggie,Peggy Charlotte:Lottie Katherine:Kate,Kathy Victoria:Vicky Rebecca:Becky Deborah:Debbie Alexandra:Alex Samantha:Sam Gillian:Jill",
        streets: "High Street|Station Road|Church Lane|Victoria Road|Mill Lane|Park Avenue|The Crescent|Manor Drive|London Road",
        towns: "London|Leeds|Bristol|Manchester|York|Cardiff|Glasgow",
        postcode_digits: 5,
    },
    Country {
        code: "US",
        currency: "USD",
        calling_code: "1",
        mobile: &[
            ("212555", 4),
            ("415867", 4),
            ("617233", 4),
            ("312404", 4),
            ("206713", 4),
            ("303229", 4),
            ("512667", 4),
        ],
        men: "Liam Noah Ethan Mason Logan Jacob William James Michael Joseph Ryan Brandon Tyler Kevin Jason Justin Eric Kyle Jose Juan Carlos Timothy Gregory Kenneth Ronald Terrell DeShawn Bryce",
        women: "Ashley Brittany Amanda Megan Kayla Hannah Madison Abigail Jennifer Stephanie Nicole Heather Michelle Kimberly Amy Angela Melissa Christina Danielle Rachel Maria Guadalupe Tiffany Latoya Savannah Brooklyn",
        surnames: "Miller Davis Garcia Rodriguez Martinez Anderson Thomas Hernandez Moore Martin Jackson Thompson Lopez Lee Gonzalez Harris Clark Lewis Young Nguyen Hollingsworth Whitaker Delacroix Kowalczyk Stroud Vandermeer Ostrander Pickett Yamamoto Abernathy",
        short: "Jacob:Jake William:Bill,Will James:Jim Michael:Mike Joseph:Joe Timothy:Tim Gregory:Greg Kenneth:Ken Ronald:Ron Amanda:Mandy Megan:Meg Abigail:Abby Jennifer:Jen Stephanie:Steph Kimberly:Kim Christina:Tina Danielle:Dani Jose:Pepe Guadalupe:Lupe Angela:Angie",
        streets: "Main St|Oak Ave|Maple Street|Washington Blvd|2nd Street|Elm St|Lakeview Dr|Cedar Lane|Sunset Blvd",
        towns: "Boston|Chicago|Seattle|Denver|Austin|New York|San Francisco",
        postcode_digits: 5,
    },
    Country {
        code: "DE",
        currency: "EUR",
        calling_code: "49",
        mobile: &[("0151", 8), ("0160", 7), ("0171", 7), ("0175", 7), ("0176", 8)],
        men: "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günther Stefan Christian Uwe Werner Frank Bernd Matthias Alexander Sebastian Maximilian Lukas Felix Jörg Björn Tobias Johannes Ulrich Detlef",
        women: "Maria Ursula Monika Petra Elisabeth Sabine Renate Brigitte Claudia Susanne Andrea Angelika Heike Stefanie Julia Katharina Anna Lena Hannah Gisela Ulrike Kerstin Franziska Anke Swantje",
        surnames: "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Zimmermann Krüger Würfel Hagedorn Dörfler Lindenberg Petzold Kirchhoff Rademacher Stöckl Übelhör Quandt",
        short: "Alexander:Alex Maximilian:Max Sebastian:Basti Johannes:Hannes Elisabeth:Lisa Stefanie:Steffi Katharina:Kathi Franziska:Franzi Thomas:Tom Matthias:Matze Ulrich:Uli Christian:Chris Susanne:Susi",
        streets: "Hauptstraße|Bahnhofstr.|Gartenweg|Schulstraße|Lindenallee|Bergstraße|Goethestr.|Am Markt|Kirchgasse",
        towns: "Berlin|Hamburg|München|Köln|Leipzig|Bremen|Freiburg",
        postcode_digits: 5,
    },
    Country {
        code: "IN",
        currency: "INR",
        calling_code: "91",
        mobile: &[("98", 8), ("99", 8), ("70", 8), ("88", 8), ("94", 8)],
        men: "Rajesh Amit Sanjay Vijay Suresh Ramesh Anil Sunil Rahul Rohit Vikram Arjun Karthik Manoj Deepak Pradeep Ashok Ganesh Harish Nitin Gurpreet Mohit Abhishek Venkatesh Siddharth Jignesh",
        women: "Priya Anjali Sunita Kavita Neha Pooja Lakshmi Meena Geeta Sita Divya Shreya Swati Rekha Anita Deepa Radhika Nandini Aishwarya Kiran Harpreet Shalini Padma Vaishnavi Chandrika",
        surnames: "Sharma Kumar Singh Patel Gupta Reddy Rao Nair Iyer Mehta Shah Desai Joshi Verma Agarwal Yadav Mishra Chauhan Banerjee Mukherjee Deshpande Subramanian Gowda Hegde Bhattathiri Chaturvedi Kulkarni Rastogi Thakkar Vyas",
        short: "Rajesh:Raj Abhishek:Abhi Siddharth:Sid Venkatesh:Venky Pradeep:Pradip Deepak:Dipak Lakshmi:Laxmi Vikram:Vicky",
        streets: "MG Road|Gandhi Nagar|Nehru Street|Park Street|Station Road|Temple Road|Ring Road|Lake View Road",
        towns: "Mumbai|Delhi|Bengaluru|Chennai|Kolkata|Pune|Hyderabad",
        postcode_digits: 6,
    },
    Country {
        code: "ES",
        currency: "EUR",
        calling_code: "34",
        mobile: &[("612", 6), ("655", 6), ("677", 6), ("690", 6), ("634", 6)],
        men: "José Francisco Antonio Manuel Juan David Javier Daniel Carlos Jesús Alejandro Miguel Rafael Pedro Pablo Ángel Sergio Fernando Luis Jorge Álvaro Iván Rubén Íñigo Gonzalo Ignacio",
        women: "María Carmen Ana Isabel Dolores Pilar Teresa Rosa Cristina Laura Marta Lucía Elena Concepción Mercedes Beatriz Silvia Raquel Nuria Rocío Inmaculada Montserrat Begoña Itziar Consuelo",
        surnames: "García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Etxeberria Zabala Bustamante Carrascosa Villanueva Peñalver Quiroga Solís Aranda Belmonte",
        short: "José:Pepe Francisco:Paco Manuel:Manolo Dolores:Lola Concepción:Concha Mercedes:Merche Inmaculada:Inma Montserrat:Montse Ignacio:Nacho Alejandro:Alex Rafael:Rafa Consuelo:Chelo Isabel:Isa Beatriz:Bea",
        streets: "Calle Mayor|Calle Real|Avenida de la Constitución|Plaza de España|Calle del Sol|Calle Nueva|Paseo Marítimo|Calle San José",
        towns: "Madrid|Barcelona|Valencia|Sevilla|Bilbao|Málaga|Zaragoza",
        postcode_digits: 5,
    },
    Country {
        code: "PL",
        currency: "PLN",
        calling_code: "48",
        mobile: &[("501", 6), ("602", 6), ("693", 6), ("785", 6), ("880", 6)],
        men: "Piotr Krzysztof Andrzej Tomasz Paweł Michał Marcin Jakub Adam Łukasz Grzegorz Stanisław Wojciech Zbigniew Rafał Mateusz Bartosz Kamil",
        women: "Anna Katarzyna Małgorzata Agnieszka Barbara Ewa Magdalena Joanna Zofia Aleksandra Monika Dorota Beata Karolina Halina Grażyna Weronika",
        surnames: "Nowak|Nowak Kowalski|Kowalska Wiśniewski|Wiśniewska Wójcik|Wójcik Kamiński|Kamińska Lewandowski|Lewandowska Zieliński|Zielińska Mazur|Mazur Krawczyk|Krawczyk Grabowski|Grabowska Pawlak|Pawlak Dudek|Dudek Wróbel|Wróbel Jabłoński|Jabłońska Szymczak|Szymczak Borkowski|Borkowska",
        short: "Katarzyna:Kasia Małgorzata:Gosia Aleksandra:Ola Agnieszka:Aga Krzysztof:Krzysiek Tomasz:Tomek Jakub:Kuba Magdalena:Magda Joanna:Asia Stanisław:Staszek",
        streets: "ulica Polna|ulica Leśna|ulica Krótka|Aleje Jerozolimskie|ulica Kwiatowa|ulica Lipowa|ulica Szkolna",
        towns: "Warszawa|Kraków|Gdańsk|Poznań|Wrocław|Łódź",
        postcode_digits: 5,
    },
];

impl Country {
    pub fn short_forms(&self, full: &str) -> Vec<&'static str> {
        let found = self
            .short
            .split_whitespace()
            .filter_map(|entry| entry.split_once(':'))
            .find(|(name, _)| *name == full);
        found.map(|(_, forms)| forms.split(',').collect()).unwrap_or_default()
    }
}
