//! The words that shops write above their columns, in English, German, Romanian, Finnish, Spanish, French and Bengali, and the
//! folding that makes `Order No.`, `order_no` and `ORDER-NO` one word.

use std::{collections::HashMap, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

/// What a column holds: a field, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    OrderId,
    OrderedAt,
    /// A time of day beside a column with the date.
    TimeOfDay,
    Number,
    Name,
    GivenName,
    FamilyName,
    /// The whole name, or the family name if another column has the given one (French `nom`, Romanian `nume`).
    NameOrFamily,
    /// The whole name, or the given name if another column has the family one (Spanish `nombre`).
    NameOrGiven,
    Email,
    /// The whole address.
    Address,
    /// Parts of an address that is spread over columns.
    Street,
    StreetMore,
    City,
    Postcode,
    Country,
    LoyaltyId,
    DeviceId,
    Sku,
    Product,
    Category,
    Quantity,
    UnitPrice,
    /// Of this row.
    Amount,
    /// Of the whole order, which may be repeated on each of its lines.
    OrderTotal,
    Currency,
    Status,
    Store,
    Line,
}

impl Role {
    /// Says something about a person, so that `billing …` or `customer …` before it changes nothing.
    pub const fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Number
                | Self::Name
                | Self::GivenName
                | Self::FamilyName
                | Self::NameOrFamily
                | Self::NameOrGiven
                | Self::Email
                | Self::Address
                | Self::Street
                | Self::StreetMore
                | Self::City
                | Self::Postcode
                | Self::Country
                | Self::LoyaltyId
        )
    }

    /// Says something about a line of an order.
    pub const fn is_of_line(self) -> bool {
        matches!(
            self,
            Self::Sku
                | Self::Product
                | Self::Category
                | Self::Quantity
                | Self::UnitPrice
                | Self::Amount
                | Self::Line
        )
    }
}

/// What stands in the place of an order's id where a table ends with its sum.
#[rustfmt::skip]
const SUMS: [&str; 15] = [
    "total", "totals", "grandtotal", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "suma", "totalgeneral", "yhteensä", "summa", "totale", "সর্বমোট", "মোট",
];

/// Whether a text in the place of an order's id is the word for a sum.
pub fn is_of_a_sum(order_id: &str) -> bool {
    let word = order_id.trim().trim_end_matches(':').to_lowercase();
    SUMS.contains(&word.split_whitespace().collect::<String>().as_str())
}

/// Every known name, the better ones first. Spaces and punctuation are left out on both sides.
#[rustfmt::skip]
const SPELLINGS: &[(Role, &[&str])] = &[
    (Role::OrderId, &[
        "order id", "order number", "order no", "order num", "order nr", "order ref", "order reference", "order code", "order name", "order",
        "sales order", "sale id", "sales id", "purchase id", "receipt id", "receipt number", "receipt no", "receipt",
        "transaction id", "transaction number", "transaction no", "transaction", "txn id", "tx id", "trans id",
        "invoice id", "invoice number", "invoice no", "invoice", "bill id", "bill number", "bill no", "ticket id", "ticket number", "ticket no",
        "basket id", "document number", "document no",
        "bestellnummer", "bestell nr", "bestell id", "bestellung", "auftragsnummer", "auftrags nr", "auftrag", "belegnummer", "beleg nr",
        "bonnummer", "bon nr", "kassenbon", "rechnungsnummer", "rechnungs nr", "rechnung",
        "numar comanda", "numarul comenzii", "nr comanda", "id comanda", "comanda id", "comanda", "numar bon", "nr bon", "bon fiscal", "bon",
        "numar factura", "nr factura",
        "tilausnumero", "tilauksen numero", "tilaus nro", "tilaustunnus", "tilaus id", "tilaus", "kuittinumero", "kuitti nro", "kuitti", "laskunumero",
        "numero de pedido", "numero pedido", "n pedido", "no pedido", "id pedido", "pedido id", "pedido", "numero de recibo", "recibo",
        "numero de factura", "numero factura",
        "numero de commande", "numero commande", "n commande", "n de commande", "no commande", "id commande", "reference commande", "commande",
        "numero de ticket", "numero ticket", "ticket", "numero de facture", "numero facture", "facture", "factura",
        "অর্ডার আইডি", "অর্ডার নম্বর", "অর্ডার নং", "অর্ডার", "রসিদ নম্বর", "রসিদ নং", "রসিদ", "চালান নম্বর", "চালান নং", "চালান", "ইনভয়েস নম্বর", "ইনভয়েস",
        "id",
    ]),
    (Role::OrderedAt, &[
        "ordered at", "order date time", "order datetime", "order timestamp", "order date", "ordered on", "date ordered", "date of order", "order created at", "order created",
        "order time", "placed at", "order placed at", "order placed", "purchased at", "purchase date", "purchase time", "date of purchase", "sold at", "sale date", "sales date", "date of sale",
        "transaction date time", "transaction datetime", "transaction timestamp", "transaction date", "transaction time", "receipt date", "invoice date", "bill date",
        "date created", "created at", "created on", "created", "creation date", "date time", "timestamp", "date", "day", "paid at", "payment date", "completed at", "processed at", "ts",
        "bestelldatum", "bestellzeit", "bestellt am", "auftragsdatum", "kaufdatum", "belegdatum", "bondatum", "rechnungsdatum", "erstellt am", "datum uhrzeit", "datum und uhrzeit", "datum", "zeitstempel", "zeitpunkt",
        "data comenzii", "data comanda", "data achizitiei", "data bonului", "data facturii", "data si ora", "data ora", "creat la", "data",
        "tilauspaiva", "tilauspaivamaara", "tilausaika", "tilaus pvm", "tilattu", "ostopaiva", "ostoaika", "kuitin paivays", "paivamaara", "paivays", "pvm", "aikaleima",
        "fecha de pedido", "fecha del pedido", "fecha pedido", "fecha de compra", "fecha compra", "fecha de venta", "fecha y hora", "fecha hora", "fecha", "creado el",
        "date de commande", "date de la commande", "date commande", "date d achat", "date achat", "date de vente", "date et heure", "date heure", "cree le", "horodatage",
        "অর্ডারের তারিখ", "অর্ডার তারিখ", "ক্রয়ের তারিখ", "বিক্রয়ের তারিখ", "তারিখ ও সময়", "তারিখ", "অর্ডারের সময়",
    ]),
    (Role::TimeOfDay, &[
        "time", "time of day", "uhrzeit", "zeit", "ora", "klo", "kellonaika", "kello", "aika", "hora", "heure", "সময়",
    ]),
    (Role::Number, &[
        "number", "phone number", "phone no", "phone nr", "phone num", "phone", "mobile number", "mobile no", "mobile nr", "mobile phone number", "mobile phone", "mobile",
        "cell phone number", "cell phone", "cell number", "cell no", "cell", "msisdn", "gsm number", "gsm", "telephone number", "telephone no", "telephone", "tel number", "tel no", "tel nr", "tel", "phone 1", "mob no", "mob",
        "contact number", "contact no", "contact phone", "contact", "whatsapp number", "whatsapp no", "whatsapp", "caller id",
        "telefonnummer", "telefon nr", "telefon", "handynummer", "handy nr", "handy", "mobilnummer", "mobil nr", "mobiltelefon", "mobil", "rufnummer",
        "numar de telefon", "numar telefon", "numarul de telefon", "nr de telefon", "telefon mobil", "numar mobil", "nr mobil",
        "puhelinnumero", "puhelin nro", "puhelin", "puh nro", "puh", "matkapuhelinnumero", "matkapuhelin", "kannykka", "kannykkanumero",
        "numero de telefono", "numero telefono", "no de telefono", "n de telefono", "telefono movil", "telefono celular", "telefono", "movil", "celular", "numero de movil", "numero de celular",
        "numero de telephone", "numero telephone", "n de telephone", "no de telephone", "telephone portable", "telephone mobile", "tel portable", "tel mobile", "portable", "numero de portable", "numero de mobile",
        "মোবাইল নম্বর", "মোবাইল নাম্বার", "মোবাইল নং", "মোবাইল", "ফোন নম্বর", "ফোন নাম্বার", "ফোন নং", "ফোন", "টেলিফোন নম্বর", "টেলিফোন", "যোগাযোগ নম্বর", "যোগাযোগ", "মুঠোফোন নম্বর", "মুঠোফোন",
    ]),
    (Role::Name, &[
        "name", "full name", "customer name", "customer full name", "customer", "client name", "client", "buyer name", "buyer", "shopper", "shopper name",
        "kundenname", "kunde", "vollstandiger name", "nume complet", "nume client", "numele clientului", "nume si prenume", "client nume",
        "asiakkaan nimi", "asiakas", "koko nimi", "nimi", "nombre completo", "nombre y apellidos", "nombre del cliente", "nombre cliente", "cliente",
        "nom complet", "nom et prenom", "nom du client", "nom client", "acheteur",
        "গ্রাহকের নাম", "গ্রাহক", "ক্রেতার নাম", "ক্রেতা", "পুরো নাম", "নাম",
    ]),
    (Role::GivenName, &[
        "first name", "given name", "given names", "forename", "fname", "vorname", "prenume", "etunimi", "primer nombre", "prenom", "নামের প্রথম অংশ", "প্রথম নাম",
    ]),
    (Role::FamilyName, &[
        "last name", "family name", "surname", "lname", "nachname", "familienname", "nume de familie", "nume familie", "sukunimi",
        "apellidos", "apellido", "nom de famille", "নামের শেষ অংশ", "শেষ নাম", "পদবি",
    ]),
    (Role::NameOrFamily, &["nume", "nom"]),
    (Role::NameOrGiven, &["nombre"]),
    (Role::Email, &[
        "email", "email address", "email id", "mail", "mail address", "e mail adresse", "mailadresse", "adresa de email", "adresa email", "adresa e mail",
        "sahkoposti", "sahkopostiosoite", "s posti", "correo electronico", "correo", "direccion de correo", "adresse email", "adresse mail", "adresse e mail", "adresse electronique", "courriel", "mel",
        "ইমেইল", "ই মেইল", "ইমেল", "ইমেইল ঠিকানা",
    ]),
    (Role::Address, &[
        "address", "full address", "postal address", "street address", "home address", "adresse", "anschrift", "adresa", "adresa completa",
        "osoite", "katuosoite", "postiosoite", "direccion", "domicilio", "adresse postale", "ঠিকানা", "ডেলিভারি ঠিকানা",
    ]),
    (Role::Street, &[
        "address 1", "address line 1", "address1", "street 1", "street line 1", "street", "strasse", "strasse und hausnummer", "strada", "katu", "calle", "rue",
    ]),
    (Role::StreetMore, &["address 2", "address line 2", "street 2", "street line 2", "apartment", "adresszusatz", "complement d adresse"]),
    (Role::City, &["city", "town", "ort", "stadt", "wohnort", "oras", "localitate", "kaupunki", "postitoimipaikka", "ciudad", "poblacion", "localidad", "ville", "শহর"]),
    (Role::Postcode, &[
        "postcode", "post code", "postal code", "zip code", "zip", "zip postal code", "postleitzahl", "plz", "cod postal", "postinumero", "codigo postal", "code postal",
        "পোস্টকোড", "পোস্টাল কোড", "পোস্ট কোড", "ডাক কোড",
    ]),
    (Role::Country, &[
        "country code", "country iso", "country iso code", "country", "country name", "laendercode", "landercode", "land", "tara", "cod tara", "maa", "maakoodi", "maatunnus",
        "pais", "codigo de pais", "pays", "code pays", "দেশ",
    ]),
    (Role::LoyaltyId, &[
        "loyalty id", "loyalty number", "loyalty no", "loyalty card number", "loyalty card no", "loyalty card id", "loyalty card", "loyalty account", "loyalty member id", "loyalty",
        "member id", "member number", "member no", "membership id", "membership number", "membership no", "club card", "club card number", "rewards id", "rewards number", "reward id", "bonus card", "bonus card number",
        "kundenkartennummer", "kundenkarten nr", "kundenkarte", "mitgliedsnummer", "mitglieds nr", "treuekarte", "bonuskarte",
        "card de fidelitate", "card fidelitate", "nr card fidelitate", "numar card fidelitate", "id fidelitate",
        "kanta asiakasnumero", "kanta asiakas", "kanta asiakaskortti", "bonuskortti", "jasennumero",
        "tarjeta de fidelidad", "tarjeta fidelidad", "numero de socio", "id de fidelidad", "carte de fidelite", "carte fidelite", "numero de fidelite", "numero fidelite", "id fidelite",
        "লয়্যালটি আইডি", "লয়ালটি আইডি", "লয়্যালটি কার্ড", "সদস্য আইডি", "সদস্য নম্বর", "মেম্বার আইডি",
    ]),
    (Role::DeviceId, &[
        "device id", "device uuid", "device identifier", "device", "install id", "installation id", "idfv", "android id", "app instance id",
        "gerate id", "geraete id", "geraetekennung", "geratekennung", "id dispozitiv", "dispozitiv", "laitetunnus", "laite id", "laite", "id de dispositivo", "id dispositivo", "dispositivo", "id appareil", "id de l appareil", "appareil",
        "ডিভাইস আইডি", "ডিভাইস",
    ]),
    (Role::Sku, &[
        "sku", "item sku", "product sku", "variant sku", "line item sku", "product code", "item code", "item number", "item no", "article number", "article no", "article code", "product id", "product no", "product number", "item id", "variant id", "part number",
        "ean", "ean code", "gtin", "upc", "barcode", "artikelnummer", "artikel nr", "produktnummer", "cod produs", "cod articol", "cod de bare", "tuotekoodi", "tuotenumero", "tuote nro", "viivakoodi",
        "codigo de producto", "codigo producto", "codigo del producto", "codigo de barras", "referencia", "code produit", "code article", "reference produit", "reference article", "code barres",
        "পণ্য কোড", "পণ্যের কোড", "বারকোড",
    ]),
    (Role::Product, &[
        "product name", "product title", "product", "item name", "item title", "item description", "line item name", "line item title", "item", "product description", "article name", "description", "title",
        "artikelname", "artikelbezeichnung", "artikel", "produktname", "produkt", "bezeichnung", "nume produs", "denumire produs", "denumirea produsului", "produs", "articol", "denumire",
        "tuotteen nimi", "tuotenimi", "tuote", "nimike", "nombre del producto", "nombre de producto", "nombre producto", "producto", "articulo", "descripcion",
        "nom du produit", "nom produit", "libelle produit", "produit", "article", "designation", "libelle", "পণ্যের নাম", "পণ্য",
    ]),
    (Role::Category, &[
        "category", "product category", "item category", "category name", "department", "product type", "product group", "item group", "kategorie", "produktkategorie", "warengruppe", "abteilung",
        "categorie", "categorie produs", "grupa produse", "kategoria", "tuoteryhma", "tuotekategoria", "osasto", "categoria", "categoria de producto", "departamento", "categorie produit", "rayon", "famille de produit",
        "ক্যাটাগরি", "পণ্যের ধরন", "বিভাগ", "শ্রেণি", "শ্রেণী",
    ]),
    (Role::Quantity, &[
        "quantity", "qty", "line item quantity", "item quantity", "item qty", "quantity ordered", "ordered quantity", "qty ordered", "order quantity", "quantity refund", "units", "units sold", "pieces", "pcs",
        "menge", "anzahl", "stuck", "stueck", "stuckzahl", "cantitate", "cant", "bucati", "buc", "maara", "lukumaara", "kpl", "cantidad", "unidades", "quantite", "qte",
        "পরিমাণ", "সংখ্যা",
    ]),
    (Role::UnitPrice, &[
        "unit price", "price per unit", "price each", "line item price", "item price", "item cost", "unit cost", "product price", "price", "einzelpreis", "stuckpreis", "stueckpreis", "preis pro stuck", "preis",
        "pret unitar", "pret bucata", "pret", "yksikkohinta", "kappalehinta", "a hinta", "hinta", "precio unitario", "precio", "prix unitaire", "prix", "একক মূল্য", "একক দাম", "দাম", "মূল্য",
    ]),
    (Role::Amount, &[
        "amount", "line amount", "line total", "line item total", "line item amount", "line total amount", "line price", "row total", "row amount", "item total", "item amount", "total", "total amount", "total price", "total cost", "total paid", "amount paid", "paid amount",
        "sales amount", "sale amount", "transaction amount", "transaction value", "purchase amount", "revenue", "sales", "spend", "value", "net amount", "gross amount", "subtotal", "sub total",
        "betrag", "gesamtbetrag", "gesamtpreis", "gesamtsumme", "gesamt", "summe", "zeilensumme", "umsatz", "suma", "valoare", "valoare totala", "pret total", "total de plata", "summa", "rivisumma", "yhteensa", "loppusumma", "kokonaishinta",
        "importe", "importe total", "monto", "monto total", "precio total", "montant", "montant total", "montant ttc", "prix total", "total ttc", "মোট মূল্য", "মোট টাকা", "মোট দাম", "মোট", "টাকা",
    ]),
    (Role::OrderTotal, &[
        "order total", "order total amount", "order amount", "order value", "grand total", "cart total", "basket total", "invoice total", "receipt total", "bestellsumme", "bestellwert", "auftragssumme", "rechnungsbetrag",
        "total comanda", "valoare comanda", "tilauksen summa", "tilaussumma", "total del pedido", "total pedido", "importe del pedido", "total commande", "total de la commande", "montant de la commande", "অর্ডারের মোট", "সর্বমোট",
    ]),
    (Role::Currency, &[
        "currency", "currency code", "order currency", "presentment currency", "curr", "ccy", "wahrung", "waehrung", "moneda", "valuta", "valuutta", "divisa", "devise", "monnaie", "মুদ্রা",
    ]),
    (Role::Status, &[
        "status", "order status", "financial status", "payment status", "fulfillment status", "fulfilment status", "order state", "bestellstatus", "auftragsstatus", "stare comanda", "starea comenzii", "stare",
        "tilauksen tila", "tila", "estado del pedido", "estado pedido", "estado de pedido", "estado", "statut", "statut de la commande", "statut commande", "etat", "অবস্থা", "স্ট্যাটাস", "অর্ডারের অবস্থা",
    ]),
    (Role::Store, &[
        "store", "store name", "store id", "store code", "store number", "store no", "shop", "shop name", "shop id", "branch", "branch name", "branch id", "branch code", "outlet", "outlet name", "location", "location name", "location id",
        "pos", "pos location", "pos id", "till", "till id", "register", "register id", "terminal", "terminal id", "filiale", "filial nr", "laden", "geschaft", "markt", "kasse", "magazin", "filiala", "punct de lucru",
        "myymala", "toimipaikka", "kauppa", "tienda", "sucursal", "magasin", "boutique", "point de vente", "দোকান", "শাখা", "স্টোর",
    ]),
    (Role::Line, &[
        "line", "line no", "line number", "line num", "line nr", "order line", "order line number", "line index", "item line", "line item no", "line item number", "position", "positionsnummer", "pos nr",
        "nr linie", "linie", "rivi", "rivinumero", "rivi nro", "linea", "numero de linea", "ligne", "numero de ligne", "লাইন", "লাইন নম্বর",
    ]),
];

/// Words before or after a personal column's name that say whose it is: the customer's own.
pub const CUSTOMER_WORDS: &[&str] = &[
    "customer default address",
    "customer billing address",
    "billing address",
    "default address",
    "customer",
    "client",
    "billing",
    "bill to",
    "buyer",
    "contact",
    "cardholder",
    "member",
    "kunden",
    "kunde",
    "rechnungs",
    "clientului",
    "client",
    "cumparator",
    "facturare",
    "asiakkaan",
    "asiakas",
    "laskutus",
    "del cliente",
    "cliente",
    "facturacion",
    "du client",
    "acheteur",
    "facturation",
    "গ্রাহকের",
    "গ্রাহক",
    "ক্রেতার",
    "ক্রেতা",
];

/// … or of whoever gets the parcel, who may be somebody else.
pub const RECIPIENT_WORDS: &[&str] = &[
    "customer shipping address",
    "shipping address",
    "delivery address",
    "shipping",
    "ship to",
    "delivery",
    "recipient",
    "receiver",
    "consignee",
    "liefer",
    "lieferung",
    "versand",
    "empfanger",
    "livrare",
    "destinatar",
    "toimitus",
    "vastaanottaja",
    "envio",
    "destinatario",
    "livraison",
    "destinataire",
    "প্রাপকের",
    "প্রাপক",
    "ডেলিভারি",
];

/// Words that a whole order is wrapped in, and a line of one, where names are dotted paths.
pub const ORDER_WORDS: &[&str] = &["order", "data", "payload", "transaction", "sale", "purchase", "receipt"];
pub const LINE_WORDS: &[&str] = &["line", "item", "line item", "product", "variant"];

/// A name without case, accents, spaces and punctuation.
pub fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.nfkd() {
        match c {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'ı' => folded.push('i'),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            // Accents of European letters go; the vowel signs of Indic scripts, which are no letters to Unicode either, stay.
            '\u{300}'..='\u{36f}' => {}
            '\u{900}'..='\u{dff}' => folded.push(c),
            c if c.is_alphanumeric() => folded.extend(c.to_lowercase()),
            _ => {}
        }
    }
    folded
}

/// What a folded name means, and how good a name for it that is (0 is best).
pub fn look_up(folded: &str) -> Option<(Role, usize)> {
    static KNOWN: LazyLock<HashMap<String, (Role, usize)>> = LazyLock::new(|| {
        let mut known = HashMap::new();
        for (role, names) in SPELLINGS {
            for (rank, name) in names.iter().enumerate() {
                known.entry(fold(name)).or_insert((*role, rank));
            }
        }
        known
    });
    KNOWN.get(folded).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgets_case_accents_and_punctuation_only() {
        for (name, folded) in [
            ("Order No.", "orderno"),
            ("ORDER_NO", "orderno"),
            ("Bestell-Nr.", "bestellnr"),
            ("Țara", "tara"),
            ("Päivämäärä", "paivamaara"),
            ("Straße", "strasse"),
            ("N° de commande", "ndecommande"),
            ("Número", "numero"),
        ] {
            assert_eq!(fold(name), folded, "{name}");
        }
        assert_eq!(fold(" ফোন নম্বর "), fold("ফোন_নম্বর"));
        assert_ne!(fold("ফোন"), fold("ফন"), "vowel signs are kept");
    }

    #[test]
    fn no_name_means_two_things() {
        let mut seen = HashMap::new();
        for (role, names) in SPELLINGS {
            for name in *names {
                if let Some(other) = seen.insert(fold(name), role) {
                    assert_eq!(other, role, "{name} is listed twice");
                }
            }
        }
    }
}
