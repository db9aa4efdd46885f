package warehouse

// TokenKind says what a token of a statement is.
type TokenKind int

// The kinds of token.
const (
	Sign       TokenKind = iota // one character that is none of the others
	Word                        // a bare name, keyword or number
	QuotedName                  // a name in quotes
	TextLiteral
)

// Token is one word, name, text or sign of a statement; comments and spaces are none.
type Token struct {
	Kind   TokenKind
	Text   string // as written; a quoted name without its quotes
	Offset int    // byte of the statement at which it begins
	End    int    // byte after it
}

// Tokens splits a statement as DuckDB's own scanner does, as far as it is needed
// to see where texts, quoted names and comments begin and end.
func Tokens(query string) []Token {
	found := tokens(query)
	listed := make([]Token, len(found))
	for i, t := range found {
		listed[i] = Token{Text: t.text, Offset: t.start, End: t.end}
		switch {
		case t.word:
			listed[i].Kind = Word
		case t.quoted:
			listed[i].Kind = QuotedName
		case t.string:
			listed[i].Kind = TextLiteral
		}
	}
	return listed
}
