"""How Brazilians ask to be left alone, and what only sounds like it."""

from __future__ import annotations

import pytest

from tests.database.builders import World

LEAVING = """
para de me mandar msg
para de me mandar mensagem
pare de me enviar mensagens por favor
parem de me mandar isso
n quero mais receber msg
nao quero mais receber nada
não quero mais receber suas mensagens
não quero receber mais nada de vocês
não quero receber nenhuma mensagem
não quero mais mensagens
nao quero mais msg
não quero mais contato
não quero mais ser contatado
não quero ser contatada
me remove daí
me remove dai pfv
me tira daí
me tira dessa lista
me tira da sua lista
me tira desse grupo
me tirem da lista
me exclui da lista
me exclua do cadastro
me apaga da lista
tira meu número daí
tire meu número do seu cadastro
remove meu numero
apaga meu número
apague o meu contato
exclua meu telefone
exclui meu cadastro
sai fora
me deixa em paz
me deixe em paz por favor
me deixem em paz
não me mande mais mensagem
n me manda mais msg
não mande mais
não mandem mais nada
não me manda mais nada
nao manda mais msg
não me envie mais nada por favor
não me enviem mensagens
não enviar mais
não me liga mais
não entre mais em contato
não entrem mais em contato comigo
não me procurem
não me perturbe
não me enche
chega de mensagem
chega de msg
quero sair
quero sair dessa lista
quero sair do grupo
quero ser removido
quero ser removida da lista
gostaria de sair da lista
gostaria de não receber mais mensagens
gostaria de parar de receber mensagens
quero parar de receber mensagens
quero parar de receber isso
quero cancelar as mensagens
cancela minha inscrição
cancelar o envio de mensagens
cancelar mensagens
cancele meu cadastro
cancelar o recebimento de mensagens
descadastrar
descadastra meu número
me descadastra
quero descadastrar
desinscrever
me desinscreva
quero me desinscrever
parar de receber
para com isso
para com essas mensagens
PARE!!!
stop
Sair.
sair 🙏
SAIR, não quero mais
Por favor me tire da lista
Boa tarde, por favor me retire da lista de contatos
oi, me tira da lista
olá, não quero mais receber mensagens
eu não quero mais receber isso
favor não enviar mais mensagens
favor retirar meu número da lista
por favor não me mande mais mensagens
desejo não receber mais mensagens
não autorizo o envio de mensagens
não autorizo mais mensagens
me bloqueia
me bloqueie
me esquece
vou te bloquear
remover da lista
excluir da lista
remova meu contato
não desejo receber mensagens
não tenho interesse em receber mensagens
não quero receber propaganda
não quero mais receber propaganda
nao quero receber spam
sem mensagens por favor
parar mensagens
parem com as mensagens
pode parar
pode parar de mandar
pode me tirar da lista
pode me remover
vc pode me tirar da lista
podem parar de me mandar mensagem
tem como me tirar da lista?
tem como parar de mandar mensagem?
como faço para sair da lista?
como faço pra não receber mais?
""".strip().split("\n")

STAYING = """
quero parar de fumar
vou sair agora
cancela o meu pedido
quero cancelar minha consulta
cancelar a compra
quero sair de férias
vou sair do trabalho às 6
para de fumar é difícil
parei de fumar
não quero parar de receber
quero continuar recebendo
para mim está ótimo
para
não quero mais o produto
não quero mais esse curso
não quero receber em casa
não quero receber o produto
não quero receber a fatura por e-mail
não recebi mensagem
não recebi mais nada
não me mandaram o boleto
não mandaram mais nada
não me enviaram
me manda mais mensagens
pode mandar
me tira uma dúvida
me tira daqui, não aguento essa cidade
tira meu número da dúvida
remove o item
remover a mancha
tirar o cadastro foi fácil
apaga a luz
apaguei a mensagem
apague a mensagem anterior
sai fora da curva
saí fora do prazo
o ônibus sai fora de hora
sai cedo
me deixa pensar
me deixa em casa
me deixa em paz de espírito
chega amanhã
chega de buraco na rua
chega de imposto
me esqueci
me esqueci de responder
esquece, já resolvi
me bloquearam no banco
me liga mais tarde
não me liga agora, me liga mais tarde
não me liga agora
não entrei em contato
não entre nesse bairro
quero ser atendida
quero receber mensagens
gostaria de receber
quero cancelar o plano
cancelar assinatura da revista
cancela a assinatura do jornal
cancelar o cartão
excluir um dependente
exclua o item 3
descadastrei meu cartão
pare na frente da loja
parar o carro
parem de asfaltar minha rua
parem de aumentar os impostos
o prefeito devia parar de enrolar
stop motion
sair de casa
sair com a família
sair mais cedo
prefiro sair à noite
quero sair do aluguel
quero sair do cadastro do SUS
quero sair do grupo de risco
quero sair do sistema de cotas
sair do SPC
pode parar na esquina
pode me tirar uma dúvida?
tem como parar na porta?
como faço para sair do SPC?
não
não quero
nunca
não tenho interesse
não precisa
agora não
depois eu respondo
não enviar pelo correio
não enviem pelo correio
não mande o boleto ainda
não procurem culpados
não procuro mais emprego
não me perturbe agora, estou trabalhando
sem comentários
me apaga essa dúvida
remova meu nome do pedido
chega de propaganda
v ota
me erraram
""".strip().split("\n")


@pytest.mark.parametrize("text", LEAVING)
def test_who_says_this_is_left_alone(reader: World, text: str) -> None:
    """As it is typed, in capitals, and with what cannot be seen between its letters."""
    for written in (text, text.upper(), "\u200b".join(text)):
        assert reader.one("select private.is_opt_out(%s)", written) is True, written


@pytest.mark.parametrize("text", STAYING)
def test_who_says_this_talks_of_something_else(reader: World, text: str) -> None:
    """Smoking, orders, outings, and answers."""
    assert reader.one("select private.is_opt_out(%s)", text) is False
