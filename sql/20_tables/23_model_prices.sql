create table private.model_prices (
    model text not null,
    currency text not null,
    input_per_million numeric(12, 6) not null,
    output_per_million numeric(12, 6) not null,
    valid_from date not null,
    primary key (model, valid_from),
    constraint input_is_not_negative check (input_per_million >= 0),
    constraint output_is_not_negative check (output_per_million >= 0),
    constraint currency_is_a_code_of_three_letters check (currency ~ '^[A-Z]{3}$')
);
comment on table private.model_prices is 'What a model takes for a million tokens, read and written: an operator keeps it up to date. The bill is the provider''s.';
comment on column private.model_prices.model is 'A LangChain init_chat_model string, without the date that a name may end with: openai:gpt-5-mini stands for openai:gpt-5-mini-2025-08-07, too, unless that has a row of its own.';

-- List prices in US dollars as the vendors published them, read in November 2026; cached input and batches, which are cheaper, are not told apart:
-- https://developers.openai.com/api/docs/pricing, https://docs.claude.com/en/docs/about-claude/pricing, https://ai.google.dev/gemini-api/docs/pricing
-- To be kept up to date: a new price is a new row with the day from which it holds.
insert into private.model_prices (model, currency, input_per_million, output_per_million, valid_from) values
('offline', 'USD', 0, 0, '2025-01-01'),
('openai:gpt-5-mini', 'USD', 0.25, 2.00, '2025-08-07'),
('anthropic:claude-haiku-4-5', 'USD', 1.00, 5.00, '2025-10-15'),
('google_genai:gemini-2.5-flash', 'USD', 0.30, 2.50, '2025-06-17');
