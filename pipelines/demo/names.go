package demo

import "strings"

// Invented people and businesses, from all over.
var (
	firstNames = []string{
		"Aoife", "Ciarán", "Niamh", "Seán", "Orla", "Pádraig", "Síle", "Eoin", "Gráinne", "Conor",
		"Amelia", "Oliver", "Priya", "Imran", "Charlotte", "Siân", "Rhys", "Fiona", "Callum", "Isla",
		"Maria", "James", "Latoya", "Marcus", "Destiny", "Tyler", "Keisha", "Brandon", "Jasmine", "Caleb",
		"José", "Lucía", "Íñigo", "Begoña", "Ángel", "Ximena", "Mateo", "Valentina", "Andrés", "Noelia",
		"Chloé", "Léa", "Théo", "Maël", "Hélène", "Jérôme", "Zoé", "Benoît", "Maëlys", "François",
		"Jürgen", "Käthe", "Björn", "Annika", "Søren", "Åsa", "Łukasz", "Zofia", "Małgorzata", "Paweł",
		"Nguyễn", "Linh", "Wei", "Mei", "Yuki", "Haruto", "Min-jun", "Seo-yeon", "Arjun", "Ananya",
		"Fatima", "Yusuf", "Layla", "Omar", "Chidi", "Ngozi", "Kwame", "Amina", "Thabo", "Zanele",
		"Nikos", "Eleni", "Giulia", "Lorenzo", "Željko", "Dušan", "İpek", "Emre", "Dvora", "Anaïs",
	}
	lastNames = []string{
		"O'Connor", "Murphy", "Ní Dhomhnaill", "Byrne", "O'Sullivan", "Kelleher", "Fitzgerald", "Mac Giolla", "Doyle", "Brennan",
		"Smith", "Okafor", "Patel", "Hughes", "Llewellyn", "Campbell", "Wright", "Achebe", "Khan", "Taylor-Jones",
		"Johnson", "Rivera", "Washington", "D'Angelo", "Kowalski", "Nguyen", "Goldberg", "Martinez", "Jackson", "Van der Berg",
		"García", "Muñoz", "Ibáñez", "Echeverría", "Núñez", "Domínguez", "Peña", "Castaño", "López", "Zubiri",
		"Lefèvre", "Bélanger", "Dubois", "D'Hondt", "Gaudreau", "Moreau", "Chevalier", "Hébert", "Rousseau", "L'Écuyer",
		"Müller", "Groß", "Schäfer", "Lindström", "Ødegård", "Sjöberg", "Wiśniewski", "Zając", "Dąbrowska", "Kamiński",
		"Trần", "Phạm", "Zhang", "Chen", "Tanaka", "Suzuki", "Kim", "Park", "Sharma", "Iyer",
		"Al-Farsi", "Haddad", "Mwangi", "Adeyemi", "Mensah", "Dlamini", "Nkosi", "El Amrani", "Bensaïd", "Osei",
		"Papadopoulos", "Rossi", "Dell'Orto", "Horvat", "Jovanović", "Yılmaz", "Cohen", "Novák", "Ionescu", "Kovács",
	}
	trades = []trade{
		{"hospitality", []string{"Café", "Brasserie", "Kitchen", "Bistro", "Tavern", "Hotel", "Roasters", "Tearooms"}},
		{"retail", []string{"Outfitters", "Garden Centre", "Books", "Homeware", "Cycles", "Grocers", "Florists"}},
		{"healthcare", []string{"Dental", "Physiotherapy", "Care Homes", "Clinic", "Pharmacy", "Veterinary"}},
		{"logistics", []string{"Couriers", "Freight", "Warehousing", "Removals"}},
		{"leisure", []string{"Climbing", "Swim School", "Cinema", "Fitness", "Yoga", "Bowling"}},
		{"food production", []string{"Bakery", "Dairy", "Brewing", "Smokehouse", "Chocolate"}},
		{"education", []string{"Crèche", "Language School", "Music School", "Tutors"}},
	}
	companyWords = []string{
		"Harbour", "Brightwater", "Saltmarsh", "Lúnasa", "Kestrel", "Old Mill", "Copper & Rye", "Northside", "Fennel", "Juniper",
		"O'Malley's", "Larkspur", "Big Oak", "Marigold", "Quayside", "Blue Heron", "Thistle", "Sundial", "Hudson", "Prospect",
		"Maple Street", "Ferryman's", "Piñon", "Río Verde", "Château Noir", "Île Verte", "Grünwald", "Spree", "Sternwarte", "Alcázar",
		"Wharf & Sons", "Penny Lane", "Silver Birch", "Redwood", "Canal Yard", "Lantern", "Bramble", "Osprey", "Foxglove", "Dún Laoghaire",
		"Nine Elms", "Coral Bay", "Kookaburra", "Wattle", "Moonrise", "St. Brigid's",
	}
)

type trade struct {
	industry string
	words    []string
}

// companyName is the i-th company's name and trade; no two names are equal
// before every word has stood with every trade.
func companyName(i int) (name, industry string) {
	word := companyWords[i%len(companyWords)]
	round := i / len(companyWords)
	kind := trades[(i*3+round)%len(trades)]
	name = word + " " + kind.words[(i/7+round)%len(kind.words)]
	return name, kind.industry
}

// plain spells text as in an address: letters and digits of ASCII in lower
// case, one separator for anything between them.
func plain(text, separator string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(text) {
		if r == '\'' || r == '’' || r == '̇' { // İ in lower case is an i and a combining dot
			continue
		}
		letters, known := unaccented[r]
		switch {
		case known:
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			letters = string(r)
		default:
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteString(separator)
			gap = false
		}
		b.WriteString(letters)
	}
	return b.String()
}

var unaccented = func() map[rune]string {
	spelled := map[rune]string{'ß': "ss", 'ø': "o", 'ł': "l", 'ı': "i", 'æ': "ae", 'đ': "d"}
	for plain, accented := range map[string]string{
		"a": "áàâäãåąạầ", "c": "çćč", "e": "éèêëęėễ", "i": "íìîï", "n": "ñńň", "o": "óòôöõ",
		"s": "śšş", "u": "úùûüůū", "y": "ýÿ", "z": "źżž", "g": "ğ", "r": "řŕ",
	} {
		for _, r := range accented {
			spelled[r] = plain
		}
	}
	return spelled
}()
