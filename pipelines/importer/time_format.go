package importer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/pipelines/record"
)

// TimeFormat reads times that are written in a form of their own, given as in
// strptime: %Y 2026, %y 26, %m 06 or 6, %B June, %b Jun, %d 30 or 3, %H 21,
// %I 09, %p PM, %M 15, %S 05, %f fraction of a second, %z +0200 or Z, %j day of
// the year, %a and %A weekday (not looked at), %T for %H:%M:%S, %D for %m/%d/%y,
// %F for %Y-%m-%d, %R for %H:%M, %% a percent sign. White space stands for any amount of it.
type TimeFormat struct {
	form string
}

var shorthand = strings.NewReplacer("%%", "%%", "%T", "%H:%M:%S", "%D", "%m/%d/%y", "%F", "%Y-%m-%d", "%R", "%H:%M")

// NewTimeFormat refuses a form with a letter that it does not know, or without a date.
func NewTimeFormat(form string) (*TimeFormat, error) {
	long := shorthand.Replace(form)
	seen := map[byte]bool{}
	for i := 0; i < len(long); i++ {
		if long[i] != '%' {
			continue
		}
		i++
		if i == len(long) || strings.IndexByte("YymBbhdeHIpMSfzjaA%", long[i]) < 0 {
			letter := ""
			if i < len(long) {
				letter = long[i : i+1]
			}
			return nil, fmt.Errorf("time_format: unknown %%%s; there are %%Y %%y %%m %%B %%b %%d %%H %%I %%p %%M %%S %%f %%z %%j %%a %%A %%T %%D %%F %%R", letter)
		}
		seen[long[i]] = true
	}
	year := seen['Y'] || seen['y']
	month := seen['m'] || seen['B'] || seen['b'] || seen['h']
	day := seen['d'] || seen['e']
	if !year || (!seen['j'] && (!month || !day)) {
		return nil, fmt.Errorf("time_format: %q names no whole date; it needs a year, a month and a day", form)
	}
	if seen['I'] != seen['p'] {
		return nil, fmt.Errorf("time_format: %%I and %%p need each other")
	}
	return &TimeFormat{form: long}, nil
}

// Parse reads text, in zone if it names none, as record.ParseTimeText does.
func (f *TimeFormat) Parse(text string, zone *time.Location) (time.Time, error) {
	p := timeText{rest: strings.TrimSpace(text), year: 1, month: 1, day: 1}
	for i := 0; i < len(f.form); i++ {
		switch c := f.form[i]; {
		case c == ' ' || c == '\t':
			p.rest = strings.TrimLeft(p.rest, " \t")
		case c == '%':
			i++
			p.read(f.form[i])
		default:
			p.literal(f.form[i : i+1])
		}
	}
	if p.failed || p.rest != "" {
		return time.Time{}, fmt.Errorf("%s is no time of the form %s", strconv.Quote(text), f.form)
	}
	at, ok := p.time(zone)
	if !ok {
		return time.Time{}, fmt.Errorf("%s is no time that exists", strconv.Quote(text))
	}
	return at, nil
}

// timeText is a time that is being read.
type timeText struct {
	rest                         string
	failed                       bool
	year, month, day, yearDay    int
	hour, minute, second, nano   int
	twelve, afternoon, hasOffset bool
	offset                       time.Duration
}

func (p *timeText) literal(text string) {
	if !strings.HasPrefix(p.rest, text) {
		p.failed = true
		return
	}
	p.rest = p.rest[len(text):]
}

// number reads up to width digits.
func (p *timeText) number(width int) int {
	length := 0
	for length < width && length < len(p.rest) && p.rest[length] >= '0' && p.rest[length] <= '9' {
		length++
	}
	value, err := strconv.Atoi(p.rest[:length])
	p.failed = p.failed || err != nil
	p.rest = p.rest[length:]
	return value
}

// name reads one of names, or its first letters, and says which, from 1.
func (p *timeText) name(names ...string) int {
	for _, short := range []bool{false, true} {
		for i, name := range names {
			if short {
				name = name[:min(3, len(name))]
			}
			if len(p.rest) >= len(name) && strings.EqualFold(p.rest[:len(name)], name) {
				p.rest = p.rest[len(name):]
				return i + 1
			}
		}
	}
	p.failed = true
	return 1
}

func (p *timeText) read(letter byte) {
	switch letter {
	case 'Y':
		before := len(p.rest)
		p.year = p.number(4)
		p.failed = p.failed || before-len(p.rest) != 4
	case 'y':
		if p.year = 2000 + p.number(2); p.year > 2068 {
			p.year -= 100
		}
	case 'm':
		p.month = p.number(2)
	case 'B', 'b', 'h':
		p.month = p.name("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
	case 'd', 'e':
		p.rest = strings.TrimLeft(p.rest, " ")
		p.day = p.number(2)
	case 'j':
		p.yearDay = p.number(3)
	case 'a', 'A':
		p.name("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
	case 'H':
		p.hour = p.number(2)
	case 'I':
		p.hour, p.twelve = p.number(2), true
	case 'p':
		p.afternoon = p.name("AM", "PM") == 2
	case 'M':
		p.minute = p.number(2)
	case 'S':
		p.second = p.number(2)
	case 'f':
		before := p.rest
		p.number(9)
		digits := before[:len(before)-len(p.rest)]
		p.nano, _ = strconv.Atoi((digits + "000000000")[:9])
	case 'z':
		p.zone()
	case '%':
		p.literal("%")
	}
}

func (p *timeText) zone() {
	p.hasOffset = true
	if strings.HasPrefix(p.rest, "Z") {
		p.rest = p.rest[1:]
		return
	}
	sign := time.Duration(1)
	if strings.HasPrefix(p.rest, "-") {
		sign = -1
	} else if !strings.HasPrefix(p.rest, "+") {
		p.failed = true
		return
	}
	p.rest = p.rest[1:]
	hours := p.number(2)
	p.rest = strings.TrimPrefix(p.rest, ":")
	minutes := p.number(2)
	p.offset = sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

func (p *timeText) time(zone *time.Location) (time.Time, bool) {
	if p.twelve {
		if p.hour < 1 || p.hour > 12 {
			return time.Time{}, false
		}
		if p.hour %= 12; p.afternoon {
			p.hour += 12
		}
	}
	wall := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nano, time.UTC)
	if p.yearDay > 0 {
		wall = wall.AddDate(0, 0, p.yearDay-1)
		if wall.Year() != p.year {
			return time.Time{}, false
		}
	} else if wall.Month() != time.Month(p.month) || wall.Day() != p.day {
		return time.Time{}, false // 31 June
	}
	if p.year < 1 || p.hour > 23 || p.minute > 59 || p.second > 59 {
		return time.Time{}, false
	}
	if p.hasOffset {
		return wall.Add(-p.offset).Truncate(time.Microsecond), true
	}
	return record.InZone(wall, zone).Truncate(time.Microsecond), true
}
