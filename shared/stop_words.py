"""Function words of the languages we recognise: they carry no topic, and they betray the language.

Chosen by hand from the commonest words of each language. Shared forms are welcome; `shared.language` weighs them less.
"""

# ruff: noqa: E501 - word lists
_WORDS = {
    "af": "die en van is 'n nie het in te wat vir op met aan hy sy dit as was om ons hulle ek maar ook kan sal deur hierdie "
    "wees baie al uit jy word na oor of dat moet toe waar",
    "bg": "и на в за да се от че с са по не е като при до това но или към ще което която които след беше само има може "
    "при всички ни си ги го му те ми как така защото още без под над между когато през както един една едно сте бъде",
    "ca": "de la i el que els les en un una per amb és del al no es ha són més com ser aquest aquesta també seva seu però "
    "pel pels dels als on quan fins sobre entre han hi o si molt tot tots seus sense aquests",
    "cs": "a se v na je že o s z do to i ve pro jako po by byl bylo byla jsou za ale k od jeho které který která nebo při "
    "tak už však jen aby co když podle až ze má být více také jsem není může si můžete vám vás jak této tento tato mezi",
    "da": "og i at er det en til på som med for den af de ikke der har et kan om vi var fra du han hun men sig så eller "
    "efter ved hvad skal blev være bliver mange mere deres vil også når dette over jeg din dit vores hvis hvor alle ud op "
    "under meget kun hvordan",
    "de": "der die das und in zu den von mit ist des im für auf eine ein nicht dem sich als auch es an werden aus er hat "
    "dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr "
    "durch man sein wurde sei kann wir ihr ich ihre unter wenn was diese dieser dieses sehr doch dann schon alle alles "
    "können müssen soll sollte hier wo weil ihm ihn ihren ihrer uns unser unsere unseren euch mich mir dir dich kein "
    "keine keinen jede jeder jedes beim vom zwischen ohne gegen seit während etwa etwas damit dabei dazu dadurch daher",
    "el": "και το να του η για με που από της τα την ο σε είναι τον οι στο δεν θα τη των στην στη ένα μας σας αυτό ή ότι "
    "μια στα αλλά αν κατά ως πως έχει τις τους στον μετά πολύ όταν όπως πιο μπορεί μόνο έχουν ήταν",
    "en": "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they "
    "which one you were her all she there would their we him been has when who will more no if out so said what up its "
    "about into than them can only other new some could time these two may then do first any my now such like our over "
    "me even most made after also did many before must through back where much your how should because each just those "
    "very both between own while here being does same under why off until again down too few don't it's isn't i'm you're "
    "doesn't can't won't we're they're that's i us am get got let without within however whether every since upon",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o fue este ha sí "
    "porque esta son entre está cuando muy sin sobre ser tiene también me hasta hay donde han quien están desde todo nos "
    "durante estados todos uno les ni contra otros ese eso había ante ellos e esto mí antes algunos qué unos yo otro "
    "otras otra él tanto esa estos mucho quienes nada muchos cual sea poco ella estar estas algunas algo nosotros mi tu "
    "te ti tus puede pueden cómo si usted sólo solo cada era así",
    "et": "ja on ei et see kui ka oma mis aga seda ning või oli ta nii selle siis mida kes välja olema veel üle kuid "
    "kõik pärast juba ole mitte nende saab võib meie teie",
    "eu": "eta da ez bat du dute izan dira ere zuen baina egin dituzte hori baino hau edo bere den duen diren beste "
    "egiten bai oso ziren zen zuten dela",
    "fa": "و در به از که این را با است برای آن یک خود تا کرد بر هم نیز گفت شود شده شد اما دارد ما باید هر می های یا اگر "
    "همه بود کند دو پس بین است. آنها هستند",
    "fi": "ja on ei se että oli hän mutta ovat kun myös joka tai mitä niin kuin jos sen ole voi vain ne hänen olla "
    "sekä mukaan jälkeen kanssa nyt jo ollut kuitenkin tämä tämän vielä siitä sitä joita jotka joissa minä me te he "
    "meidän sinun sinä siinä kaikki",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont ou avec son aux "
    "d'un d'une cette ses mais on comme nous tout fait été aussi leur bien peut ces y deux si sans être elle même entre "
    "vous je ont cet leurs dont avant encore sous après toujours votre vos notre nos c'est n'est qu'il qu'elle qu'un "
    "qu'une lui tous toute toutes était avait car moins très où donc chez lors ainsi pendant depuis contre quand quel "
    "quelle comment afin autre autres mon ma mes ton ta tes sa moi toi ils elles n'a s'il d'autres",
    "gl": "de a o que e do da en un para unha os é por con non no as na se ao dos das como máis ou súa seu pola polo "
    "foi ten son tamén esta este mais nos nas pero ata entre sobre á ás",
    "he": "של את על לא זה עם הוא גם כי או היא אבל יותר אם כל מה אני יש אין כך רק היה הם זו כמו אחרי לפני בין עד אל "
    "אנחנו אתם לך לנו שלנו להיות ניתן באמצעות",
    "hi": "के है में की से का को और पर ने हैं यह भी कि एक नहीं लिए इस हो कर था ही तो जो गया किया साथ अपने या थे वह आप "
    "थी होता करने बाद कुछ उनके हम जब तक",
    "hr": "i je u na se da su za od s kao koji a o ne to što koja bi ili će biti po ali koje iz samo još sve kako sam "
    "te do nije više može između prema nakon tijekom jer gdje ako također njegov kod svoje",
    "hu": "a az és hogy nem is egy ez meg de volt csak van már el ha mint még azt ki fel sem lehet vagy kell így "
    "után szerint ezt ami aki azonban minden több között nagyon pedig lesz ezek be le itt ott mert akkor úgy hanem "
    "számára valamint",
    "id": "yang dan di dengan untuk dari ini itu dalam pada adalah tidak ke akan oleh juga sebagai karena dapat bisa atau "
    "ada anda kami mereka telah lebih tersebut saat secara sudah saya kita bahwa para agar namun hanya hingga bagi "
    "serta jika seperti belum lain setelah",
    "is": "og að í á er sem til um það við með en ekki fyrir af var hann því ég frá hefur þess eða þar eru eftir verið "
    "hafa verður vera þetta hún þeir þegar svo",
    "it": "di e il la che in a per un è una non sono del le i con si da al come dei lo nel alla della più anche gli ma "
    "delle su ha o se nella dal questo questa essere ai degli ci dalla stato tra suo sua loro cui tutti tutto ancora "
    "quando solo molto dove prima dopo chi perché così senza ogni fra sulla sul hanno fatto può quello quella questi "
    "queste mio tuo nostro vostro io tu lui lei noi voi dell'anno all'interno c'è dalle negli nelle alle agli quindi "
    "oppure già era",
    "lt": "ir į kad su yra iš tai ne kaip buvo bet per apie o nuo jo dėl taip jau tik savo ar jos kuris prie po arba "
    "kurie gali kai daugiau tačiau mes jūs labai",
    "lv": "un ir ar no uz par ka kas tas bet arī lai vai kā pēc tika nav es to viņš gan pie tikai jau viņa bija būs "
    "vairāk mēs jūs savu laikā kurš",
    "ms": "yang dan di untuk dengan dalam ini itu pada adalah tidak ke akan oleh juga sebagai kerana boleh daripada "
    "kepada ialah atau ada anda kami mereka telah lebih tersebut bagi satu seperti dapat serta bahawa sahaja awak "
    "apabila manakala",
    "nl": "de het een en van in is dat op te zijn met voor die niet aan er om ook als was bij door maar naar uit dan hij "
    "nog over wordt heeft tot ze zich hun deze of werd kan we wat worden u meer dit hebben al je geen onder veel wel "
    "moet jaar na zo zal mijn haar waar tegen ik uw onze ons jij jouw zou daar alle alleen dus omdat hoe wanneer welke "
    "tussen sinds zonder binnen iets niets hier toch kunnen",
    "no": "og i er det som på en til av for at med de har ikke den et om var fra vi seg han kan men så ved ble etter "
    "også eller skal være blir du sin mot hvor dette mer når denne bare hva hun jeg meg ut opp noe nå under alle mange "
    "deg dere hvordan hvis vår våre skulle både deg kun gjennom å",
    "pl": "i w na z się do nie że jest to o jak po co za od tak ale czy przez dla jego już są tylko ich jako może który "
    "które która oraz być był była było przed ma ze pod także więcej gdy przy tego tym bardzo jej można kiedy jeśli "
    "tych lub aby nam nas was ty my on ona ono bez między ponieważ jednak również wszystkie wszystko nawet został "
    "zostały sobie swoje swój naszych nasze twoje",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua "
    "ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem "
    "nas me esse eles estão você tinha foram essa num nem suas meu às minha têm numa pelos elas havia seja qual será nós "
    "tenho lhe deles essas esses pelas este esta isto são pode podem sobre onde todos todas cada nosso nossa seu vocês",
    "ro": "de și în a la cu pe din este nu care un o se că pentru sa mai au fost prin sau ce dar ca al le lui ale după "
    "unei unui fi cel cea această acest acesta sunt către fără până când dacă între asupra foarte toate toți poate "
    "astfel ai am ei el ea noi voi nostru si in sa",
    "ru": "и в не на что я с он как это по но из у за от то все так его для а вы мы к же бы было был или быть если при "
    "до может уже только еще также этого эта эти этот который которые которая которой когда есть их ее они она нас вас "
    "вам нам чтобы где во со после под над более можно нет даже без через между перед том тем чем мне себя свой свои "
    "такой такие там тут кто сейчас очень об ли ни да",
    "sk": "a sa v na je že s z do to i vo pre ako po by bol bolo bola sú za ale k od jeho ktoré ktorý ktorá alebo pri tak "
    "už však len aby čo keď podľa až zo má byť viac tiež som nie môže si ktorých môžete vám vás tejto tento táto medzi "
    "sme ste",
    "sl": "in je v na da se so za z ki ne pa tudi bi kot po ali še o lahko s od iz ni pri bo jih kar ob ter do kako "
    "biti samo več med nekaj zaradi saj kjer če bil bila bilo",
    "sq": "të e në dhe për me një i që nga është si më nuk ka do se janë ishte kjo ky duke pas ku por kanë edhe tij",
    "sr": "и је у на се да су за од са као који а о не то што која би или ће бити по али које из само још све како сам "
    "те до није више може између према након јер где ако такође код своје",
    "sv": "och i att det som en på är av för med den till inte de har om ett från vi var men så han kan vid eller sig "
    "också efter när mer ut upp under blev detta ska sin där hon vad skulle varit dem bara nu finns mycket än alla din "
    "ditt dina vår våra er du jag mig dig hur genom mot utan många mellan här över få bli vara vill göra",
    "tl": "ang ng sa na at mga ay ito para ni si ko siya hindi kung may nang isang mo ka lang din po kanyang pero niya "
    "namin kami tayo ako",
    "tr": "ve bir bu için ile da de olarak çok daha en gibi olan ne var kadar ise o ya değil sonra her göre ancak "
    "mi ama veya diye bunu tarafından şey nasıl hem biz siz ben onun olduğu olduğunu ki kendi tüm fazla yok böyle "
    "şekilde ayrıca üzerinde içinde sadece hakkında sizin bizim",
    "uk": "і в не на що з я до як у та це за він по але від а про для так його ми ви вони вона був було бути або якщо "
    "при може вже тільки ще також цього ця ці цей який які яка якої коли є їх її нас вас вам нам щоб де після під над "
    "більш більше можна немає навіть без через між перед тим чим мені себе свій свої там тут хто дуже чи ні",
    "ur": "کے ہے میں کی سے کا کو اور پر نے ہیں یہ بھی کہ ایک نہیں لیے اس ہو کر تھا ہی تو جو گیا کیا ساتھ اپنے یا تھے وہ آپ",
    "vi": "và của là có được các cho trong một với không những để này người đã từ khi đến cũng như về tại ra sẽ nhiều "
    "trên vào đó hay hoặc bạn chúng tôi phải nếu thì mà vì sau hơn đang rất năm còn theo lại nên bị",
}

STOP_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
"""ISO 639-1 → lower-case function words."""

LATIN = frozenset(
    [
        "af",
        "ca",
        "cs",
        "da",
        "de",
        "en",
        "es",
        "et",
        "eu",
        "fi",
        "fr",
        "gl",
        "hr",
        "hu",
        "id",
        "is",
        "it",
        "lt",
        "lv",
        "ms",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "sk",
        "sl",
        "sq",
        "sv",
        "tl",
        "tr",
        "vi",
    ]
)
CYRILLIC = frozenset(["bg", "ru", "sr", "uk"])
ARABIC = frozenset(["fa", "ur"])
