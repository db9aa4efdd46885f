-- The macros that models use, as DuckDB spells them. Every one is a name that
-- no engine has built in. Instants are TIMESTAMPTZ, zones are IANA names, the
-- days of a week are 1 Monday … 7 Sunday.

-- What the clock on the wall in zone shows at an instant. For UTC no calendar
-- needs to be asked, which costs more than all else in most SELECTs over instants.
create or replace macro local_time(at_, zone_) as
    case when zone_ = 'UTC' then make_timestamp(epoch_us(at_)) else at_ at time zone zone_ end;

create or replace macro local_date(at_, zone_) as cast(local_time(at_, zone_) as date);

-- The first day of the month that holds the instant's local date.
create or replace macro local_month(at_, zone_) as cast(date_trunc('month', local_time(at_, zone_)) as date);

-- The first day of the week that holds a day, when weeks start on week_starts_.
create or replace macro week_of(day_, week_starts_) as day_ - cast((isodow(day_) - week_starts_ + 7) % 7 as integer);

create or replace macro local_week(at_, zone_, week_starts_) as week_of(local_date(at_, zone_), week_starts_);

create or replace macro iso_weekday(day_) as cast(isodow(day_) as integer);

create or replace macro local_hour(at_, zone_) as cast(hour(local_time(at_, zone_)) as integer);

-- A local time read with the offset that was in force a day before it.
create or replace macro offset_before(local_, zone_) as
    (local_ + ((local_ - interval 1 day) at time zone zone_ at time zone 'UTC' - (local_ - interval 1 day))) at time zone 'UTC';

-- The instant of a local time. One that does not exist moves forward by the
-- gap; one that occurs twice is the first of the two (the engine itself takes
-- the second): the local time read with the offset of a day before, if the
-- clock shows it then.
create or replace macro instant(local_, zone_) as
    case
        when local_time(offset_before(cast(local_ as timestamp), zone_), zone_) = cast(local_ as timestamp)
            then offset_before(cast(local_ as timestamp), zone_)
        else cast(local_ as timestamp) at time zone zone_
    end;

-- The first instant of a local day.
create or replace macro day_start(day_, zone_) as instant(day_, zone_);

-- The instant that text in ISO 8601 names, NULL if it names none. Engines take
-- more for one, each something else: a year alone, a time of today, "epoch".
create or replace macro parse_instant(text_) as
    case
        when regexp_matches(text_, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?\z')
            then try_cast(text_ as timestamptz)
    end;

-- Text without the spaces around it, of whatever width they are.
create or replace macro trimmed(text_) as trim(text_);

create or replace macro seconds_between(from_, to_) as cast(epoch_us(to_) - epoch_us(from_) as double) / 1000000;

-- The value of a key of a JSON object as text, NULL if it has none or is no
-- JSON. The key is one without quotes in it.
create or replace macro json_text(doc_, key_) as
    case when json_valid(doc_) then json_extract_string(doc_, '$."' || key_ || '"') end;

-- One row for each day from the first to the last, both included.
create or replace macro each_day(from_, to_) as table
    select cast(unnest(generate_series(from_, to_, interval 1 day)) as date) as day;

-- One row for each quarter of an hour that begins in [from_, to_).
create or replace macro each_quarter_hour(from_, to_) as table
    select unnest(generate_series(from_, to_ - interval 1 microsecond, interval 15 minute)) as quarter_at;
