create table private.prices (
    provider text not null,
    item text not null,
    currency text not null,
    amount numeric(12, 6) not null,
    valid_from date not null,
    primary key (provider, item, valid_from),
    constraint amount_is_not_negative check (amount >= 0),
    constraint currency_is_a_code_of_three_letters check (currency ~ '^[A-Z]{3}$')
);
comment on table private.prices is 'What a provider takes for one message to Brazil, for previews: an operator keeps it up to date. The bill is the provider''s.';
comment on column private.prices.item is 'A template''s category (marketing, utility, authentication), or service: free text in an open window.';

-- Meta's rate card for Brazil from 1 October 2026, when service messages became billable
-- (https://huggingface.co/datasets/tobachat/whatsapp-api-rates: AED 0.2295 and 0.025). Sources differ by up to half; the rate card of
-- the account's own currency counts: https://developers.facebook.com/docs/whatsapp/pricing
insert into private.prices (provider, item, currency, amount, valid_from) values
('whatsapp_cloud', 'marketing', 'USD', 0.0625, '2026-10-01'),
('whatsapp_cloud', 'utility', 'USD', 0.0068, '2026-10-01'),
('whatsapp_cloud', 'service', 'USD', 0.0068, '2026-10-01');
