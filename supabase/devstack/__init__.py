"""The local stack: a Supabase to work against, without Docker or a network account. `README.md` is the map."""
