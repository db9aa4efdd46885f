-- One row per topic: how often a person came back. A contact is repeated when the
-- same person made another within 7 × 24 hours after its last human reply; one made
-- before that reply is no repetition. The rate is over the contacts that had been
-- answered, 7 days before as_of or earlier; the others are counted beside it.
-- grain: topic
-- key: topic
-- order: topic
-- column topic: of the first contact; NULL: it has not exactly one
-- column contacts: answered by a human, and whose 7 days were over by as_of
-- column repeated: of these, followed by another contact of the same person
-- column rate: repeated / contacts; NULL without such contacts
-- column not_over: answered, but less than 7 days before as_of: left out
-- column unanswered: without a human reply by as_of: left out
-- column unnamed: of conversations that do not say whom they are with, so that nobody can be known to come back: left out
-- check contacts: not_null, range(0, )
-- check repeated: not_null, range(0, )
-- check rate: range(0, 1)
with

settings as (

    select * from settings

),

contacts as (

    select * from int_contacts__repeated

),

placed as (

    select
        contacts.topic,
        contacts.is_repeated,
        case
            when not contacts.is_named then 'unnamed'
            when contacts.answered_at is null then 'unanswered'
            when seconds_between(contacts.answered_at, settings.as_of) < 604800 then 'not_over'
            else 'counted'
        end as place
    from contacts
    cross join settings

),

counted as (

    select
        topic,
        cast(count(*) filter (where place = 'counted') as bigint) as contacts,
        cast(count(*) filter (where place = 'counted' and is_repeated) as bigint) as repeated,
        cast(count(*) filter (where place = 'not_over') as bigint) as not_over,
        cast(count(*) filter (where place = 'unanswered') as bigint) as unanswered,
        cast(count(*) filter (where place = 'unnamed') as bigint) as unnamed
    from placed
    group by topic

),

final as (

    select
        topic,
        contacts,
        repeated,
        cast(repeated as double) / nullif(contacts, 0) as rate,
        not_over,
        unanswered,
        unnamed
    from counted

)

select * from final
