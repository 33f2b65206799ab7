"""The drafts of the first screens and of the model dialogue, as the protection review wrote them: their own lint may catch none."""

from __future__ import annotations

_ES = """\
Soy Amparo, un programa de {org}. Oriento gratis a quien vive amenazas, violencia o busca a alguien; también hay \
personas. No pido tu nombre. No somos gobierno ni emergencias. Telegram puede leer este chat. Escribe salir para \
ocultar o borrar para quitar lo que guardamos. Toca un botón o escribe como te salga.
Peligro ahora | Quiero ayuda | Hablar con una persona | Salir
Si puedes, aléjate y busca a alguien. Si los tienes enfrente, guarda el teléfono y no discutas. Di primero dónde estás \
y qué pasa. Contesta la autoridad de tu estado; si desconfías de ella, da solo lo necesario.
Desde aquí nadie puede ir por ti. Si tocas «Que me escriban», {org} verá: peligro ahora, español.
Que me escriban | No puedo hablar | Hay alguien herido | No confío en la policía | Ocultar
Aquí sigo. Elige lo más parecido; después puedes sumar otra cosa. No hace falta contar lo que pasó, ni nombres. \
También puedes escribirlo con tus palabras o mandar un audio.
Falta alguien o se lo llevaron | Me amenazan, cobran u obligan | Me lastiman o me controlan | Tuve que irme o voy de \
camino | Otra cosa o no sé
Hay alguien de {org} de guardia. Esta semana la mitad recibió respuesta en {min} minutos o menos; puede tardar más. \
Verá solo tu idioma y el tema que elegiste. No tu nombre ni tu número. Lo puedes retirar cuando quieras. Si dices que \
no, la orientación sigue igual.
Sí, que me escriban | ¿Quiénes son? | Ahora no
En este momento no hay nadie de {org}. Vuelve alguien {dia} a las {hora}. Ahora mismo sí contesta gente en {linea}. \
También puedo guardar tu petición, solo idioma y tema, y te escriben al volver. Mientras, la orientación sigue aquí.
Ver quién contesta ahora | Guardar mi petición | Seguir con la orientación
Una pregunta, para cuidarte: ¿alguien más mira este teléfono? Si me dices que sí, la pantalla se oculta sola a los 5 \
minutos y nada suena. Si alguien lo está mirando en este momento, mejor bloquea el teléfono; borrar delante de otro \
llama la atención. Revisa después Ajustes › Dispositivos en Telegram.
Sí o a veces | No, es mío | Es prestado | Prefiero no decir
Guarda el teléfono si te ven. Cuando puedas, escribe una sola palabra: sigo. Si alguien de confianza puede llamar al \
911 por ti, mándale solo el lugar.
Leí tu mensaje. No escribas más de lo que puedas esconder. Si sabes un lugar, una calle o algo que se oye, ponlo en \
una línea.
911 y pide ambulancia.
Busca gente y luz: casa de confianza, templo, hospital, central. Aquí hay puertas que no pasan por tu municipio.
Gracias por decirlo. ¿Estás pensando en quitarte la vida?
Sí | No, pero no puedo más | Es otra persona | Ya tomé o hice algo | Una persona
Te leo. ¿Es para hoy?
Haz una sola cosa: aleja lo que tengas a la mano o ve con alguien, aunque sea sin explicar. Línea de la Vida \
{linea_vida}, a toda hora; a veces tardan, insiste.
Copiar número | No contestan | Que me escriba una persona | Escríbeme en 15 minutos
911 ahora, pide ambulancia, di qué fue y cuánto. Quédate con alguien.
Entendí: tu hijo no llegó y no contesta. Eso basta para pedir que lo busquen ya; no hay que esperar 24 ni 72 horas. \
¿Tiene menos de 18 años? (Te pregunto porque si es menor se activan más cosas.)
Gracias. ¿Alguna de estas?
Llamaron o piden dinero | Vieron que se lo llevaron | Se lo llevó policía o militar | Nada de eso | No sé
Esta noche, en este orden. 1. Pide la búsqueda a la Comisión Nacional de Búsqueda: {cnb_tel}. Puede pedirla \
cualquiera, aun sin dar su nombre. 2. Pide el folio y escríbelo en papel. 3. Si no contestan, 911: pide búsqueda \
urgente.
Puedes leerlo así: «Quiero reportar que no localizo a una persona. Tiene 22 años. Se le vio por última vez en…, a \
las…, con esta ropa… Quiero el folio de búsqueda.» Si temes dar un dato, dilo: no impide que busquen.
Tiene sentido que lo pienses. Puedes reportar a la Comisión Nacional sin ir con tu policía. La ficha sí llega a \
fiscalías y otras autoridades: di al reportar qué temes y pide que no sea pública. La denuncia puede ir a otra puerta; \
te muestro cuáles.
Tres cuidados. No vayas a lugares peligrosos sin compañía. No pongas tu teléfono en carteles ni redes: llegan \
extorsiones. Si alguien dice que lo tiene y pide dinero, apunta número y hora, y toca «Llamaron». ¿Hay alguien contigo \
esta noche?
Llama a una persona de confianza para que se turnen el teléfono. No tienes que cargar esto a solas ni hacerlo todo \
hoy. Hay guardia de {org}: la mitad recibió respuesta en {min} min o menos. Verían: español, falta un familiar.
Listo, quedó en la fila. Puedes bloquear el teléfono. ¿Puede llegarte un mensaje aquí? Si me dejas escribirte y en {t} \
nadie ha contestado, te lo digo y te muestro quién sí.
Buenas noches. Soy una persona. Leí que falta tu hijo y nada más. ¿Alcanzaste a pedir el folio? No necesito nombres \
por ahora.
Qué alivio. Si diste reporte, avisa que apareció. ¿Necesitan algo?
Lo siento mucho. ¿Quieres que una persona te acompañe ahora, o saber qué trámites pueden esperar?
Quité tu mensaje de esta pantalla para que nadie lo lea aquí. Sí lo leí.
¿Ya tienes copia fuera de este chat?
Podemos seguir donde íbamos: dime qué necesitas.
No te entendí bien, y no es tu culpa.
Versión de prueba: aquí no hay nadie detrás.
Apúntalo en papel o en otro lugar seguro.
No escribas nombres ni lo que hiciste; para ayudarte no hace falta."""

_EN = """\
I'm Amparo, a program run by {org}. I give free guidance to people facing threats or violence, or looking for someone; \
there are humans too. I don't ask your name. We're not the government or an emergency service. Telegram can read this \
chat. Type exit to hide or delete to remove what we keep. Tap or write.
Danger now | I want help | Talk to a person | Exit
If you can, get away and find someone. If they are in front of you, put the phone away and don't argue.
Say first where you are and what is happening. State authorities answer; if you distrust them, give only what's \
needed.
Nobody here can come. If you tap “Write to me”, {org} sees: danger now, English.
Write to me | I can't speak | Someone is hurt | I don't trust the police | Hide
Still here. Choose the closest; you can add something else later. You don't have to tell what happened, or give names. \
You can also write it your own way or send a voice note.
Someone is missing or taken | Threats, payments, forced to join | Someone hurts or controls me | I had to leave or I'm \
on the way
Someone from {org} is on duty. This week half the people got an answer within {min} minutes; it can take longer. They \
will see only your language and the topic you chose. Not your name or number. You can take it back at any time. If you \
say no, guidance goes on as before.
Right now nobody from {org} is here. Someone is back {day} at {time}. People do answer now at {line}. I can also keep \
your request, only language and topic, and they write when they return. Meanwhile, guidance goes on here.
One question, to look after you: does anyone else look at this phone? If so, the screen hides itself after 5 minutes \
and nothing makes a sound. If someone is looking right now, lock the phone instead; deleting in front of them draws \
attention. Later, check Settings › Devices in Telegram.
Put the phone away if they can see you. When you can, write one word: here. If someone you trust can call 911 for you, \
send them only the place.
Thank you for saying it. Are you thinking about ending your life?
Do one thing: put out of reach what you have near, or go to where someone is, even without explaining.
I understood: your son didn't come home and doesn't answer. That is enough to ask for a search now; no need to wait 24 \
or 72 hours. Is he under 18?
Thank you. Any of these? They called or want money · Someone saw him taken · Police or soldiers took him · None · I \
don't know
Tonight, in this order. 1. Ask the National Search Commission to search. Anyone can, even without a name. 2. Ask for \
the folio and write it on paper. 3. If they don't answer, 911: ask for an urgent search.
You can read it like this… If you are afraid to give a detail, say so: it does not stop the search.
It makes sense to think about that. You can report to the National Commission without going to your police. The notice \
does reach prosecutors and other authorities: say what you fear, and ask that it not be public. The complaint can go \
to another door.
Three cautions. Don't go to dangerous places without company. Don't put your phone on posters or networks: extortion \
follows. If someone says they have him and asks for money, note number and time. Is anybody with you tonight?
Call somebody you trust to take turns with the phone. You don't have to carry this alone or do it all today…
Done, it is in the queue. You may lock the phone. May a message reach you here? If you let me write and nobody has \
answered in {t}, I will tell you, and show who does.
Good evening. I am a person. I read that your son is missing, and nothing else. Did you manage to ask for the folio? I \
don't need names for now."""

DRAFTS = [(locale, line) for locale, text in (("es", _ES), ("en", _EN)) for line in text.splitlines()]
"""(locale, text) of each draft."""
