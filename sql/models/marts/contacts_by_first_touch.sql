-- One row per channel that people wrote on, and how they came first: site,
-- landing page and campaign of their first page view. Contacts before it, and of
-- people without any page view, stand under '(unknown)', so that all rows
-- together are all contacts.
-- grain: channel, referrer site, landing page, campaign
-- key: channel, referrer_site, landing_page, campaign
-- order: contacts desc, channel, referrer_site, landing_page, campaign
-- column channel: as in contacts; '(not set)' where records name none
-- column referrer_site: host of the first referrer; '(direct)' where there was none
-- column landing_page: as in landing_pages
-- column campaign: of the first session; '(none)' where it had none
-- column contacts: conversations begun
-- column people: who began them
-- check contacts: range(1, )
-- check people: range(1, )
with

contacts as (

    select * from contacts

),

landed as (

    select * from int_people__landed

),

final as (

    select
        coalesce(contacts.channel, '(not set)') as channel,
        coalesce(landed.referrer_site, '(unknown)') as referrer_site,
        coalesce(landed.landing_page, '(unknown)') as landing_page,
        coalesce(landed.campaign, '(unknown)') as campaign,
        cast(count(*) as bigint) as contacts,
        cast(count(distinct contacts.person_id) as bigint) as people
    from contacts
    left join landed
        on landed.person_id = contacts.person_id
        and landed.first_touch_at <= contacts.contacted_at
    group by 1, 2, 3, 4

)

select * from final
