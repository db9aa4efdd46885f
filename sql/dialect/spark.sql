-- The macros of duckdb.sql, each with its meaning there, as Apache Spark spells
-- them: functions of one session, whose time zone is UTC. Statements are parted
-- by ";" at the end of a line.

create or replace temporary function local_time(at_ timestamp, zone_ string) returns timestamp_ntz
    return convert_timezone('UTC', zone_, cast(at_ as timestamp_ntz));

create or replace temporary function local_date(at_ timestamp, zone_ string) returns date
    return cast(from_utc_timestamp(at_, zone_) as date);

create or replace temporary function local_month(at_ timestamp, zone_ string) returns date
    return cast(trunc(cast(from_utc_timestamp(at_, zone_) as date), 'month') as date);

-- Here weekday() counts from 0, Monday.
create or replace temporary function week_of(day_ date, week_starts_ int) returns date
    return date_sub(day_, (weekday(day_) + 1 - week_starts_ + 7) % 7);

create or replace temporary function local_week(at_ timestamp, zone_ string, week_starts_ int) returns date
    return week_of(cast(from_utc_timestamp(at_, zone_) as date), week_starts_);

create or replace temporary function iso_weekday(day_ date) returns int
    return weekday(day_) + 1;

create or replace temporary function local_hour(at_ timestamp, zone_ string) returns int
    return hour(from_utc_timestamp(at_, zone_));

-- Here the engine's own rule is the macro's: a gap moves forward, the first of two.
create or replace temporary function instant(local_ timestamp_ntz, zone_ string) returns timestamp
    return to_utc_timestamp(cast(local_ as timestamp), zone_);

create or replace temporary function day_start(day_ date, zone_ string) returns timestamp
    return to_utc_timestamp(cast(day_ as timestamp), zone_);

create or replace temporary function parse_instant(text_ string) returns timestamp
    return case
        when text_ rlike '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?\\z'
            then try_cast(text_ as timestamp)
    end;

-- Here trim() knows one kind of space.
create or replace temporary function trimmed(text_ string) returns string
    return regexp_replace(text_, '^\\p{Zs}+|\\p{Zs}+\\z', '');

create or replace temporary function seconds_between(from_ timestamp, to_ timestamp) returns double
    return cast(unix_micros(to_) - unix_micros(from_) as double) / 1000000;

create or replace temporary function json_text(doc_ string, key_ string) returns string
    return get_json_object(doc_, concat('$[\'', key_, '\']'));

-- Here a sequence that would have to run backwards is an error.
create or replace temporary function each_day(from_ date, to_ date) returns table (day date)
    return select explode(case when from_ <= to_ then sequence(from_, to_, interval 1 day) end) as day;

create or replace temporary function each_quarter_hour(from_ timestamp, to_ timestamp) returns table (quarter_at timestamp)
    return select explode(case when from_ < to_ then sequence(from_, to_ - interval 1 microsecond, interval 15 minute) end) as quarter_at;
