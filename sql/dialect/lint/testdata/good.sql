-- One statement a line: nothing in it is found, and it gives the same rows on every engine.
select count(*), count(distinct a), count(*) filter (where b > 1), cast(sum(b) as bigint), avg(cast(b as double)) from (values (1, 2), (1, 3)) as t(a, b)
with t(a, b) as (select 1, 2) select a, b from t -- qualify ->> "name" [1]
with one as (select 1 as a), two as (select a from one) select a::string, cast(a as decimal(38, 10)), try_cast('x' as int) from two
select row_number() over (partition by a order by b desc nulls last) as n, lag(b) over w, last_value(b) over w from (values (1, 2), (1, 3)) as t(a, b) window w as (partition by a order by b)
select a, cast(sum(b) as bigint) as b from (values (1, 2), (2, 3)) as t(a, b) group by all order by all
select a, cast(sum(b) as bigint) as b from (values (1, 2)) as t(a, b) group by grouping sets ((a), ())
select median(b), percentile_cont(0.9) within group (order by b), stddev_samp(b), mode(b), bool_or(b > 2), max_by(a, b), any_value(b) from (values (1, 2), (1, 2)) as t(a, b)
select array_sort(array_agg(a)), array_contains(array_agg(a), 1), string_agg(b, ', ') from (values (1, 'x')) as t(a, b)
select 'a' || null, concat_ws('-', 'a', null, 'b'), split_part('a.b', '.', 2), substring('abc', 1, 1), lower('É'), md5('a'), replace('abc', 'b', ''), trimmed(' a '), chr(39), chr(92)
select coalesce(null, 1), nullif(1, 1), greatest(1, null), least(1, 2), abs(-1), floor(cast(1.5 as double)), power(2, 3), round(cast(2.5 as decimal(10, 1)))
select date_add(date '2026-01-31', 1), cast(date '2026-01-31' + interval 1 month as date), cast(date_trunc('month', date '2026-01-31') as date), year(date '2026-01-31'), extract(day from date '2026-01-31')
select week_of(day, 7), iso_weekday(day), local_time(day_start(day, 'Europe/Dublin'), 'America/New_York'), seconds_between(day_start(day, 'UTC'), day_start(date_add(day, 1), 'UTC')) from each_day(date '2026-03-28', date '2026-03-30')
select t.a, calendar.day from (values (1, date '2026-01-01')) as t(a, b) cross join lateral each_day(t.b, date_add(t.b, 1)) as calendar
select t.a from (values (1), (2)) as t(a) semi join (values (2)) as u(a) on u.a = t.a where t.a is distinct from null and not (t.a in (5, 6)) and exists (select 1)
select a from (values (1), (2)) as t(a) union all select 3 intersect select 3 except select 4
select case when 'abc' like 'a%' and 'ABC' ilike 'a%' then 1 else (select 2) end, 5 % 3, -5 % 3, cast(7 as double) / 2, 1e3, 'it is -- no comment'
