"""The agent: context, state, prompts, graph, models. The model proposes; SQL decides."""
