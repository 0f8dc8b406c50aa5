"""The words by which a request for help with doing harm is known."""

from __future__ import annotations

from roadworthy.guardrails.phrase_rule import PhraseRule

_PEOPLE = (
    r"(?:some(?:one|body)|(?:an? |the |my |our |your |their |his |her )?(?:\w+ )?(?:people|persons?|"
    r"child(?:ren)?|kids?|"
    r"wom[ae]n|m[ae]n|girls?|boys?|teenagers?|minors?|wife|husband|ex|partner|neighbou?rs?|boss|cowork\w+|colleagues?|"
    r"friends?|famil(?:y|ies)|parents?|mother|father|teachers?|students?|employees?|customers?|users?|victims?|"
    r"strangers?|crowds?|politicians?|president|celebrit\w+|individuals?|humans?|police(?: officers?)?|cops?|elderly|"
    r"pets?|dogs?|animals?)|myself|yourself|himself|herself|others?|him|her|them|oneself)"
)
_GROUPS = (
    r"(?:women|men|jews?|jewish people|muslims?|christians|blacks?|black people|white people|asians?|immigrants?|"
    r"refugees|gays?|gay people|lgbt\w*|transgender\w*|trans people|homosexuals?|minorit(?:y|ies)|mexicans?|arabs?|"
    r"africans?|the (?:disabled|poor|elderly)|disabled people|autistic people|indigenous people|(?:certain|"
    r"other) races?)"
)


TERMS: tuple[PhraseRule, ...] = (
    PhraseRule(
        "violence",
        0.75,
        rf"\b(?:kill|murder|assassinat|poison|strangl|stab|shoot|behead|tortur|maim|execut|drown|choke|"
        rf"throttle|suffocat|slaughter|beat up|hammer|attack|rap|assault|molest|hurt|injur|mutilat|lynch|"
        rf"massacr)(?:e|es|ing|ed)? {_PEOPLE}\b",
    ),
    PhraseRule(
        "violence",
        0.7,
        r"\b(?:terminate|end|take) (?:my |his |her |their |someone's |\w+'s )(?:\w+'s )?li(?:fe|ves)\b|"
        r"\bhead in\b|\bmass (?:shooting|murder|killing)|\b(?:school|church) shooting|\bgenocide\b|"
        r"\bget away with (?:murder|killing|rape|arson)|\bassassinat\w+|\bhitman\b|\bserial kill\w+|"
        r"\bterroris[mt]\w*\b|\bterror attack|\bbody parts\b|\bdispose of (?:a |the )?(?:body|corpse)",
    ),
    PhraseRule(
        "violence",
        0.7,
        rf"\b(?:punch|gut|hunt(?:ing)? down|snip|decapitat|eliminat|decimat|wip(?:e|ing) out|chop(?:ping)? up|"
        rf"stran?gl|terminat|hit|kick|slap|harm|crush|burn|suffocat)(?:e|ing)? (?:a population of |a |the |"
        rf"local )?(?:{_PEOPLE}|(?:dead )?bod(?:y|ies)|toddlers?|bab(?:y|ies)|humanity|villages?|mankind)\b",
    ),
    PhraseRule(
        "violence",
        0.7,
        r"\b(?:(?:commit\w*|perform\w*|acts? of|promot\w+|glorif\w+|incit\w+|encourag\w+|"
        r"caus\w+) (?:\w+ ){0,3}(?:murder|violence|mass harm|(?:physical |bodily )?harm|cannibalism|"
        r"atrocit\w+|chaos|panic)|(?:replicate|repeat|copy|recreate) the (?:impact|success|scale|attack)\b|"
        r"headshot with)",
    ),
    PhraseRule(
        "hacking",
        0.75,
        r"\b(?:cyber[- ]?attacks?|steal\w* (?:login )?credentials|spies on|spy(?:ing)? on|secretly (?:record|"
        r"track|monitor)\w*|without their (?:knowledge|consent)|pick(?:ing)? (?:a |the )?locks?|"
        r"manipulat\w+ (?:the )?(?:financial|stock) markets?)\b",
    ),
    PhraseRule(
        "self-harm",
        0.8,
        r"\b(?:commit(?:ting)? suicide|suicid\w+|self[- ]harm\w*|kill(?:ing)? (?:my|your|one)sel\w+|"
        r"end my life|cut(?:ting)? (?:my|your)self|drown myself|hang myself|pro-?ana|anorexi\w+|"
        r"eating disorders?)\b",
    ),
    PhraseRule(
        "weapons",
        0.8,
        r"\b(?:mak|build|construct|assembl|creat|detonat|plant|set(?:ting)? off|manufactur|cook|produc|design|"
        r"us|3d[- ]print|buy|get|obtain|acquir|smuggl|throw)(?:e|ing)? (?:\w+ ){0,3}(?:bombs?|explosives?|"
        r"grenades?|molotovs?(?: cocktails?)?|napalm|landmines?|nerve (?:gas|agents?)|sarin|ricin|anthrax|"
        r"chemical weapons?|biological weapons?|bioweapons?|nuclear (?:weapons?|bombs?)|dirty bombs?|"
        r"ghost guns?|firearms?(?: illegally)?|silencers?|guns?|weapons?|poisons?)\b",
    ),
    PhraseRule(
        "weapons",
        0.6,
        r"\b(?:bomb(?:ing)?|blow(?:ing)? up|burn(?:ing)? down|set(?:ting)? fire to|arson|vandali[sz]e|destroy|"
        r"sabotag\w+|derail\w*|hijack\w*|slash)\b (?:\w+ ){0,2}(?:buildings?|house|school|church|mosque|"
        r"synagogue|bases?|hospital|train|plane|airplane|bridge|grid|infrastructure|property|tires?|office|"
        r"city|monument|embassy|car|cars)\b",
    ),
    PhraseRule(
        "drugs",
        0.75,
        r"\b(?:meth(?:amphetamine)?|heroin|cocaine|(?:some|smoke|sell|buy|use) crack|crack cocaine|lsd|"
        r"fentanyl|ghb|ecstasy|mdma|illegal drugs?|illicit drugs?|hard drugs|drug (?:traffick\w+|deal\w+|"
        r"test\w*)|synthetic marijuana|date[- ]rape drugs?|opioids?|controlled substances)\b",
    ),
    PhraseRule(
        "hacking",
        0.75,
        r"\b(?:hack(?:s|ing|ed)?|break(?:ing)?|crack(?:s|ing)?|infiltrat\w+|breach(?:es|ing)?|tap(?:ping)?|"
        r"gain(?:ing)? (?:unauthori[sz]ed )?access)\b (?:in ?to|to|\w+ )?(?:\w+(?:'s)? ){0,4}(?:accounts?|"
        r"networks?|systems?|computers?|servers?|databases?|devices?|passwords?|emails?|e-?mail|phones?|"
        r"wi-?fi|websites?|webcams?|bank|government|facilit\w+|smart\w*|security|agency|infrastructure|"
        r"vehicle|car)\b",
    ),
    PhraseRule(
        "hacking",
        0.75,
        r"\b(?:ransomware|malware|spyware|keyloggers?|trojans?|computer (?:virus|worm)(?:es|s)?|virus(?:es)?|"
        r"worms?|botnets?|rootkits?|ddos|denial[- ]of[- ]service|sql injection|zero-?days?|exploits?|phish\w*|"
        r"man-in-the-middle|brute[- ]force|backdoors?|social engineering|spoof\w*|password crack\w*|"
        r"session hijack\w*|packet sniff\w*)\b",
    ),
    PhraseRule(
        "hacking",
        0.55,
        r"\b(?:bypass\w*|disabl\w+|evad\w+|circumvent\w*|exploit\w*|avoid\w*|crash\w*|intercept\w*|"
        r"manipulat\w+|crack\w*|track\w*)\b (?:\w+(?:'s)? ){0,4}(?:security|firewalls?|antivirus|"
        r"authentication|alarms?|surveillance|vulnerabilit\w+|detection|software (?:protection|licen\w+)|"
        r"copy protection|paywall|computer systems?|online (?:activity|communications?)|locks?|"
        r"voting machines?|algorithms?|loopholes?)\b",
    ),
    PhraseRule(
        "theft",
        0.7,
        rf"\b(?:steal|rob|burgl|shoplift|pickpocket|embezzl|defraud|scam|con|swindl|blackmail|extort|kidnap|"
        rf"abduct|hold hostage|traffick|smuggl|loot|mug|trick|coerc|forc|deceiv|exploit|cheat|manipulat|groom|"
        rf"lur|seduc|brainwash|captur)(?:e|ing|s|ed|es|ling)? (?:\w+ )?(?:{_PEOPLE}|money|cash|cars?|"
        rf"valuables?|information|data|identit\w+|credit cards?|wallets?|store|stores|bank|banks|house|items?|"
        rf"goods|funds|art|secrets|property|merchandise|documents?|investors|insurance|from)\b",
    ),
    PhraseRule(
        "theft",
        0.7,
        r"\b(?:identity (?:theft|fraud)|insider trading|ponzi|pyramid schemes?|money launder\w+|"
        r"launder\w* (?:\w+ )?money|tax (?:evasion|fraud)|evad\w+ tax\w*|avoid (?:paying )?taxes|"
        r"insurance fraud|credit card fraud|extortion|blackmail\w*|shoplift\w*|burglar\w*|embezzl\w+|"
        r"counterfeit\w*|forg(?:e|ing|ery)|fak(?:e|ing) (?:\w+ )?(?:ids?|identit\w+|passports?|documents?|"
        r"driver\w*|diplomas?|checks?|reviews?|news|invoices?|prescriptions?|medical|charity|donations?|"
        r"accounts?|accusations?)|falsif\w+|human (?:traffick\w+|organs?)|child labou?r|shell company to hide|"
        r"piracy|pirated?|illegal(?:ly)? (?:download\w*|shar\w+|obtain\w*|access\w*|buy\w*|sell\w*|copy\w*|"
        r"dump\w*)|bribe\w*|rig(?:ging)? (?:an |the )?elections?|voter fraud|commit\w* (?:\w+ )?(?:fraud|"
        r"crimes?)|run(?:ning)? a scam|scam (?:people|investors)|money mules?)\b",
    ),
    PhraseRule(
        "hate",
        0.7,
        rf"\b(?:{_GROUPS})\b.{{0,40}}\b(?:inferior|stupid|evil|lazy|criminals|dirty|subhuman|should (?:not|be|"
        rf"never|only|have)|don't deserve|less intelligent|violent|ruin\w*|terrible|bad|worse|greedy|kicked|"
        rf"barred|deported|discriminat\w+|denied|illegal)\b",
    ),
    PhraseRule(
        "hate",
        0.75,
        r"\b(?:racist|sexist|homophobic|xenophobic|anti-?semitic|white supremac\w+|neo-?nazi|discriminat(?:e|"
        r"es|ing|ory)|hate speech|hate crimes?|hateful|slurs?|derogatory|misogyn\w+|nazi propaganda|"
        r"ethnic cleansing|racism|dehumani[sz]\w+|promot\w+ (?:violence|hatred|hate|the superiority))\b",
    ),
    PhraseRule(
        "abuse",
        0.7,
        rf"\b(?:bully(?:ing)?|cyber-?bully\w*|cyber-?stalk\w*|stalk(?:ing)?|harass(?:ing|ment)?|dox(?:x?ing)?|"
        rf"intimidat\w+|humiliat\w+|gaslight\w*|threaten(?:ing)?|sabotag\w+|"
        rf"spread(?:ing)? (?:\w+ ){{0,2}}(?:rumou?rs?|lies|gossip|misinformation|disinformation|propaganda|"
        rf"hatred|false|fake|conspiracy)|(?:ruin|damag|destroy)\w* (?:{_PEOPLE}|\w+'s) ?(?:\w+ )?(?:reputation|"
        rf"career|marriage|relationship|life))\b",
    ),
    PhraseRule(
        "abuse",
        0.85,
        r"\b(?:child (?:porn\w*|abuse|exploitation|molest\w*)|csam|underage (?:sex|girls?|boys?|drinking)|"
        r"revenge porn|deep ?fake porn\w*|non-?consensual|rap(?:e|ing) (?:a|some|my)|sexual(?:ly)? (?:assault|"
        r"abus|harass|exploit)\w*|incest|bestiality|necrophilia|child brides?)\b",
    ),
    PhraseRule(
        "sexual",
        0.55,
        r"\b(?:erotic\w*|porn\w*|sext(?:ing)?|nude photos?|sex (?:chat|story|scene|with me)|"
        r"explicit (?:sexual )?(?:story|content|scene)|talk dirty|dirty talk|smut)\b",
    ),
    PhraseRule(
        "falsehood",
        0.6,
        r"\b(?:fake news|false (?:information|accusations?|evidence|claims?|statements?)|falsely accus\w+|"
        r"misinformation|disinformation|conspiracy theor\w+|propaganda|deep ?fakes?|mislead\w*|smear campaign|"
        r"manipulat\w+ (?:an? |the )?(?:\w+ )?(?:elections?|stock|market|public|media|voters?|transcript|"
        r"evidence)|impersonat\w+|plagiari[sz]\w+|cheat(?:ing)? (?:on|in) (?:an? |my |your |"
        r"the )?(?:\w+ )?(?:exams?|tests?|tax\w*))\b",
    ),
    PhraseRule(
        "private",
        0.7,
        rf"\b(?:my|our) (?:\w+[- ]?)?(?:{_PEOPLE}|mentees?|gardeners?|servants?|date|surgeons?|tenants?|"
        rf"clients?|patients?|daughter|son|brother|sister|mom|dad|lawyer|"
        rf"doctor)(?:, \w+)?'?s? (?:\w+[ /]){{0,3}}(?:home address|phone number|card number|"
        rf"social security number|ssn|passwords?|mental health history|medical (?:history|records?)|"
        rf"account (?:number|details)|passport number|sexual (?:orientation|preference)|marital status|"
        rf"immigration status|birth certificate|browsing history|hiv status|political affiliation|"
        rf"religious beliefs|location|medications?)\b",
    ),
)
