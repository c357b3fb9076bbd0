create type public.budget_action as enum ('degrade', 'pause');
comment on type public.budget_action is 'What happens once a budget is reached. degrade: the offline model answers, which costs nothing; messages are sent as before. pause: no turn is begun, nobody is invited or reminded.';
