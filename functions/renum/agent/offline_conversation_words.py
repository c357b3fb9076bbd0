"""What the offline conversationalist says, in Brazilian Portuguese: short, warm, promising nothing it cannot keep."""

from __future__ import annotations

HELLO = ("Oi, {name}! Tudo bem?", "Olá, {name}! Que bom falar com você.", "Oi, {name}! Que bom ter você por aqui.")
HELLO_YOU = ("Oi! Tudo bem?", "Olá! Que bom falar com você.", "Oi! Que bom ter você por aqui.")
HELLO_CUSTOMER = "Oi, {name}! Como vai a {their}?"
HELLO_CUSTOMER_YOU = "Oi! Como vai a {their}?"
INTRODUCTION = "Sou o assistente virtual da {company}."
WHY = "Este é o canal de conversa da {company}: escrevo para ajudar com informações e pedidos."
HELP = ("Como posso ajudar?", "Em que posso ajudar?", "O que você gostaria de saber?")
SORRY = "Sinto muito por isso. Quer que eu chame uma pessoa da equipe?"
SHALL_I_CALL = "Acho que não estou conseguindo ajudar. Quer falar com uma pessoa da equipe?"
GLAD = ("Que bom saber disso, obrigado!", "Que alegria ler isso, obrigado!")
HERE = ("Estou por aqui. Em que posso ajudar?", "Pode falar, estou por aqui!", "Oi! Pode me dizer em que ajudo?")
LISTENING = (
    "Entendi. Me conta um pouco mais: em que posso ajudar?",
    "Certo. O que você gostaria de saber ou resolver?",
    "Entendi. Como posso ajudar com isso?",
)
ONLY_THIS = "Posso ajudar com informações da {company}. O que você gostaria de saber?"

WELCOME = (
    "Por nada! Se precisar, é só chamar.",
    "Imagina! Fico à disposição.",
    "Eu que agradeço! Estou por aqui se precisar.",
)
GOODBYE = ("Até mais! Se precisar, é só chamar.", "Tchau, fico à disposição!", "Até logo! Estou por aqui se precisar.")
NOTED = ("Combinado! Se precisar, é só chamar.", "Certo! Fico à disposição.", "Tudo certo! Estou por aqui se precisar.")
CLOSED = ("se precisar, é só chamar", "fico à disposição", "estou por aqui se precisar")
"""One of these ends every closing reply: what a further "ok" is not answered after."""

UNKNOWN = (
    "Essa informação eu não tenho. Quer que eu chame uma pessoa da equipe?",
    "Não tenho essa informação aqui. Quer falar com uma pessoa da equipe?",
    "Sobre isso eu não tenho a informação certa. Posso chamar uma pessoa da equipe?",
)
OFFERED = "pessoa da equipe?"
"""What every offer of a person ends with."""
STILL_UNKNOWN = (
    "Também não tenho essa informação, então passei a conversa para uma pessoa da equipe. Ela "
    "continua com você por aqui."
)
NO_OFFER = ("Tudo bem! Se precisar, é só chamar.", "Sem problema. Fico à disposição!")

HANDED_OVER = {
    "person": (
        "Claro! Já avisei a equipe: uma pessoa continua com você por aqui.",
        "Certo, passei a conversa para a equipe. Uma pessoa responde por aqui.",
    ),
    "anger": (
        "Sinto muito por isso. Passei a conversa para uma pessoa da equipe, que continua com você por aqui.",
        "Lamento o transtorno. Já avisei a equipe, e uma pessoa vai falar com você por aqui.",
    ),
    "urgent": ("Entendi a urgência. Já avisei a equipe, e uma pessoa continua com você por aqui.",),
    "health": (
        "Se for uma emergência, ligue agora para o SAMU, no 192. Também avisei a equipe, e uma pessoa vai falar "
        "com você.",
    ),
    "life": (
        "Sinto muito que você esteja passando por isso. Ligue agora para o CVV, no 188 (gratuito, 24 horas), ou "
        "para o "
        "SAMU, no 192. Também avisei uma pessoa da equipe.",
    ),
}
ASK_DAY = ("Claro! Que dia e horário ficam melhores para você?", "Combinado. Para que dia e horário posso agendar?")
ASK_HOUR = "Claro! {day}, a que horas fica melhor?"
ASKED_DAY = ("que dia e horario", "outro dia e horario")
ASKED_HOUR = "a que horas fica melhor"
SCHEDULED = ("Combinado! A equipe fala com você {at}.", "Agendado: a equipe entra em contato {at}.")
ASSUMED = "Se preferir outro horário, é só me dizer."
PASSED = "Esse horário já passou. Pode me dizer outro dia e horário?"
TOO_FAR = "Só consigo agendar para os próximos 90 dias. Pode me dizer outro dia e horário?"
NOT_SCHEDULED = "Não consegui agendar esse horário. Pode me dizer outro dia e horário?"
CALL_PASSED_ON = "Avisei a equipe que você prefere ser contatado {at}. Uma pessoa confirma com você por aqui."
CALL_SOMETIME = "Avisei a equipe que você quer um retorno. Uma pessoa combina o horário com você por aqui."

SAVED_NAME = ("Prazer, {name}! Já anotei o seu nome.", "Anotado, {name}. Obrigado!")
SAVED_EMAIL = "Anotei o seu e-mail: {email}."
SAVED = ("Anotei aqui, obrigado por contar.", "Obrigado, já anotei.")
NOT_SAVED = "Não consegui guardar essa informação agora. Pode tentar de novo mais tarde?"
TOLD = ("Obrigado por contar!", "Entendi, obrigado por me dizer.")
DATA_INTRO = "Estes são os dados que a {company} tem de você:"
DATA_END = "Se algo estiver errado, me diga que eu corrijo. Para não receber mais mensagens, responda SAIR."
DATA_PASSED_ON = "Passei o seu pedido sobre os seus dados para a equipe. Uma pessoa responde por aqui."
ERASED = "Pronto, você não vai mais receber mensagens nossas. Passei o pedido de exclusão dos seus dados para a equipe."
SURVEY_BEGINS = ("Que bom! A primeira pergunta já vem.", "Obrigado por participar! A primeira pergunta já vem.")
WHICH_SURVEY = "Claro! Qual destas pesquisas você quer responder?"
NO_SURVEY = "No momento não encontrei nenhuma pesquisa aberta para você. Obrigado pelo interesse!"

INTEREST = ("Que bom o seu interesse! Para te atender melhor:", "Que ótimo! Só preciso saber:", "Legal! Para começar:")
ON_WE_GO = "Para continuarmos:"
QUALIFIED = (
    "Perfeito, obrigado pelas respostas! O próximo passo é com a equipe da {company}, que vai falar com você.",
    "Obrigado! Com o que você contou já dá para seguir: a equipe da {company} vai falar com você.",
)
NOT_QUALIFIED = (
    "Obrigado por contar! Neste momento talvez não seja a melhor hora, mas a porta fica aberta: quando quiser, é "
    "só chamar.",
    "Agradeço as respostas! Por agora talvez não seja o melhor encaixe, mas a porta fica aberta para quando quiser.",
)
ALREADY_QUALIFIED = "O seu interesse já está registrado. A equipe da {company} segue com você."
NOT_INTERESTED = (
    "Tudo bem, sem problema! Se mudar de ideia, é só chamar.",
    "Sem problema! Se quiser depois, é só chamar.",
)
INTEREST_PASSED_ON = "Que bom o seu interesse! Avisei a equipe, e uma pessoa continua com você por aqui."
NOT_REGISTERED = "Não consegui registrar agora."
STUCK = "Parece que esta pergunta está difícil de responder por aqui. Quer falar com uma pessoa da equipe?"

BACK_TO = "Voltando {topic}{day}:"
ABOUT = "Certo, vamos cuidar disso: {topic}."
WHICH_DAY = "Para que dia fica melhor?"
WHICH_HOUR = "E que horário ou período prefere?"
TELL_MORE = "Pode me contar o que você precisa?"
NOTED_REQUEST = "Anotei o seu pedido ({what}). Uma pessoa da equipe confirma com você por aqui."
NOTED_DETAIL = ("Anotado.", "Certo, anotei.")

CUSTOMER_PROJECT = "O projeto {project}{of} está {status}."
CUSTOMER_PLAN = "O seu plano é o {plan}."
STATUSES = {
    "draft": "em preparação",
    "active": "em andamento",
    "running": "em andamento",
    "paused": "pausado",
    "completed": "concluído",
    "finished": "concluído",
    "archived": "arquivado",
    "cancelled": "cancelado",
    "onboarding": "em implantação",
    "pending": "aguardando início",
}
