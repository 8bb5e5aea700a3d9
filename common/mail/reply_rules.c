/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reply_rules.h"

#include <stddef.h>

/* Words that stand in many rows. */
#define PERSON \
	"user|users|recipient|recipients|mailbox|mailboxes|account|address|addressee|alias|" \
	"inbox"
#define NOT "not|no|never|isnt|doesnt|dont|arent|without|wasnt|nor"
#define SENDER "sender|from|originator|mailfrom"
#define VERDICT \
	"reject+|refus+|block+|denied|detect+|identif+|classif+|consider+|looks|like|score+|" \
	"points|suspicion|suspect+|contain+|probab+|likely|filter+|deemed|marked|tagged|id|" \
	"found|because|due|appear+|seems|accepted|discard+|quarantine+|bounced|flagged|" \
	"recogni+|triggered"
#define HOST "ip|ips|host|client|server|address|network|connection|mta|relay|sender|subnet"

const struct reply_rule reply_rules[] = {
	/* ---- the sending server's own words: it never got so far as to be refused */
	{ "spf_fail", NULL, "spf temporary|temp|permanent|temperror|permerror error?" },
	{ "sender_domain_rejected", NULL, "callback setup failed" },
	{ "dns_temporary", NULL, "name service error ... host not found try again" },
	{ "dns_temporary", NULL, "malformed or unexpected name server reply" },
	{ "dns_temporary", NULL, "temporary failure in|during name|mx|dns resolution|lookup" },
	{ "dns_temporary", NULL, "temporary dns|resolver|mx|nameserver failure|error|problem|"
	  "lookup|issue" },
	{ "dns_temporary", NULL, "host name? lookup failure" },
	{ "dns_temporary", NULL, "host lookup did not complete" },
	{ "dns_temporary", NULL, "name server ... timeout|failure|timed" },
	{ "dns_temporary", NULL, "cname|mx|dns lookup|query|resolution failed|failure temporarily" },
	{ "dns_temporary", NULL, "dns query|lookup|resolution failed|failure|timed|timeout|"
	  "timeouts ! reverse|ptr|sender|helo|spf|dkim ! may not exist" },
	{ "dns_temporary", NULL, "tlsa lookup error" },
	{ "dns_temporary", "none", "server failure|servfail & dns|lookup|mx" },
	{ "dns_temporary", "none", "host not found try again" },
	{ "dns_temporary", "none", "domain|host name? resolution temporarily failed" },
	{ "dns_temporary", "x.4.312 x.4.3", NULL },
	{ "recipient_unknown", NULL, "null mx ! sender|from|mail" },
	{ "recipient_unknown", NULL, "nullmx ! sender|from" },
	{ "recipient_unknown", NULL, "indicated no smtp service" },
	{ "recipient_unknown", "556", NULL },
	{ "sender_domain_rejected", NULL, "unregistered domain" },
	{ "sender_domain_rejected", NULL, "real domain name required" },
	{ "sender_domain_rejected", NULL, "mx|dns|a|aaaa|record of sender domain" },
	{ "sender_domain_rejected", NULL, SENDER " ... null mx" },
	{ "sender_domain_rejected", NULL, SENDER " ... nullmx" },
	{ "dns_no_host", NULL, "name service error for ... host not found" },
	{ "dns_no_host", NULL, "host or domain name not found" },
	{ "dns_no_host", NULL, "host found but no data record of requested type" },
	{ "dns_no_host", NULL, "no mx|a|aaaa found for|at domain|destination" },
	{ "dns_no_host", NULL, "host|hostname unknown name server" },
	{ "dns_no_host", NULL, "host unknown" },
	{ "dns_no_host", NULL, "unknown host ! user ! client|your|helo" },
	{ "dns_no_host", NULL, "couldnt|cannot|cant|unable|could find any? host|hostname named" },
	{ "dns_no_host", NULL, "could|can not find any? host named" },
	{ "dns_no_host", NULL, "couldnt find a mail exchanger or ip" },
	{ "dns_no_host", NULL, "mx records? point to non existent hosts" },
	{ "dns_no_host", NULL, "mx ... pointing|points|point to nowhere|nonexistent" },
	{ "dns_no_host", "none", "name|host|domain|nodename|hostname ... not known|found ! "
	  "sender|user" },
	{ "dns_no_host", "none", "no such domain|host" },
	{ "dns_no_host", "none", "domain does not exist" },
	{ "dns_no_host", NULL, "recipient address rejected domain not found" },
	{ "dns_no_host", NULL, "destination|recipient domain does not exist|resolve" },
	{ "dns_no_host", NULL, "dns domain ... does not exist" },
	{ "dns_no_host", NULL, "recipients? domain not found" },
	{ "dns_no_host", NULL, "infodomainnonexistent" },
	{ "dns_no_host", "x.4.310 x.4.4", NULL },

	{ "network_unreachable", NULL, "no route to host|destination" },
	{ "network_unreachable", NULL, "network is? unreachable" },
	{ "network_unreachable", NULL, "host is? unreachable" },
	{ "network_unreachable", NULL, "host is down" },
	{ "network_unreachable", NULL, "address family not supported" },
	{ "network_unreachable", NULL, "address family mismatch" },
	{ "network_unreachable", NULL, "cannot|cant assign requested address" },
	{ "connect_refused", "none", "connection|connect was|is|been? actively? refused ! rate|"
	  "reputation|spam" },
	{ "connect_refused", "none", "econnrefused" },
	{ "connect_refused", "x.4.316", "connection refused" },
	{ "connect_refused", NULL, "target machine actively refused" },
	{ "connect_refused", NULL, "connect to ... connection refused" },
	{ "connect_timeout", NULL, "connect to ... timed out" },
	{ "connect_timeout", "none", "connection|operation timed out ! while|after|during|lost" },
	{ "connect_timeout", "none", "connect|connection timeout ! after|while|during" },
	{ "connect_timeout", "none", "connect timed out" },
	{ "connect_timeout", "none", "timed|timeout out? while|when|during? connecting" },
	{ "connect_timeout", "none", "etimedout" },
	{ "connect_timeout", "none", "failed to establish connection|session in time" },
	{ "connect_timeout", "x.4.315", NULL },
	{ "connect_timeout", "x.4.1", "connection timed out" },
	{ "connection_lost", NULL, "lost connection ! authentication" },
	{ "connection_lost", NULL, "conversation with ... timed out" },
	{ "connection_lost", NULL, "connection was|has|been? lost|reset|dropped|aborted|died ! "
	  "authentication ! policy|spam|reputation|because|blocked|rate|many|unsolicited" },
	{ "connection_lost", NULL, "connection was|has|been? unexpectedly|abruptly|prematurely "
	  "closed|terminated" },
	{ "connection_lost", NULL, "connection was|has|been? closed|terminated unexpectedly|"
	  "abruptly|prematurely" },
	{ "connection_lost", NULL, "connection died" },
	{ "connection_lost", NULL, "broken pipe" },
	{ "connection_lost", NULL, "unexpected|premature eof|end|disconnect|close" },
	{ "connection_lost", NULL, "remote|server|host|peer end|host? unexpectedly? closed|"
	  "dropped|reset the? connection" },
	{ "connection_lost", NULL, "connection closed by|from remote|foreign|peer|host|server" },
	{ "connection_lost", NULL, "smtp|command|data|read|idle|session|input timeout|timed ! "
	  "too many|rate" },
	{ "connection_lost", NULL, "timed out waiting|while|reading|after" },
	{ "connection_lost", NULL, "timed out|timeout ... exceeded|waiting|reading|idle" },
	{ "connection_lost", NULL, "timeout ... closing" },
	{ "connection_lost", NULL, "idle too long" },
	{ "connection_lost", NULL, "connection timed out" },
	{ "connection_lost", NULL, "econnreset" },

	/* ---- what a TLS stack says */
	{ "tls_required", NULL, "tls|starttls|encryption|ssl is|are? required but ... not|no "
	  "offered|supported|available|announced" },
	{ "tls_required", NULL, "tls session? is|was? required but ... did not|doesnt offer|"
	  "support" },
	{ "tls_required", NULL, "tls required but not" },
	{ "tls_required", NULL, "tls|starttls|encryption ... required|mandatory & not|no|without "
	  "... offered|supported|encrypted|advertised" },
	{ "tls_required", NULL, "wasnt|isnt|not|without ... sent|delivered|transmitted over|"
	  "using|via|through a? tls" },
	{ "tls_failed", NULL, "tls|ssl ... handshake|negotiation|session ... fail+|error|"
	  "rejected|unsuccessful" },
	{ "tls_failed", NULL, "handshake failure|failed|error" },
	{ "tls_failed", NULL, "attempt to start|establish tls ... failed" },
	{ "tls_failed", NULL, "cannot|cant|could|couldnt not? start|negotiate|establish tls|ssl|"
	  "starttls" },
	{ "tls_failed", NULL, "starttls|tls|ssl failed|failure|error|alert" },
	{ "tls_failed", NULL, "server|peer|remote certificate ... not|expired|invalid|self|"
	  "untrusted|failed" },
	{ "tls_failed", NULL, "certificate ... verify|verification|validation ... fail+|error" },
	{ "tls_failed", NULL, "certificate|cert verify|verification|validation ... fail+|error" },
	{ "tls_failed", NULL, "certificate has|is? expired|untrusted|invalid" },
	{ "tls_failed", NULL, "no matching dane|tlsa" },
	{ "tls_failed", NULL, "dane|tlsa|mta sts? validation|verification ... fail+" },
	{ "tls_failed", NULL, "no shared cipher|ciphers" },
	{ "tls_failed", NULL, "tls|starttls ... not|un available" },
	{ "tls_failed", NULL, "tls|starttls ... unavailable" },
	{ "tls_failed", NULL, "ssl|tls routines" },
	{ "tls_failed", "x.7.322-324", NULL },

	/* ---- authentication of a message, the receivers' own ways to say it */
	{ "helo_rejected", NULL, "helo|ehlo ... doesnt|not match ! connection" },
	{ "ptr_missing", NULL, "ptr ... record|records|domain|entry|resource ! spf ! do|make|"
	  "have sure|both ! record ... fine|ok|good|correct" },
	{ "ptr_missing", NULL, "ipv6 ... guidelines|requirements regarding ptr" },
	{ "ptr_missing", NULL, "reverse|rdns|fcrdns|ptr|backward+ dns|hostname|host|lookup|"
	  "record|name|resolution|entry|mapping|address ! record ... fine|ok|good|correct" },
	{ "ptr_missing", NULL, "rdns|fcrdns|revdns|reversedns" },
	{ "ptr_missing", NULL, "no|missing|valid|without|invalid|lacks|generic|matching a? ptr|"
	  "rdns|fcrdns|reverse" },
	{ "ptr_missing", NULL, "ptr ... missing|mismatch|required|not|invalid|fail+" },
	{ "ptr_missing", NULL, "client host rejected cannot|cant find your ... hostname" },
	{ "ptr_missing", NULL, "cannot|cant|could|unable|not ... find|resolve|verify your ... "
	  "hostname|ptr|reverse" },
	{ "ptr_missing", NULL, "ip|client|connecting ... name|hostname|dns ... lookup ... fail+ "
	  "! relaying ! helo ! sender|mail" },
	{ "ptr_missing", NULL, "forward confirmed ! spf" },
	{ "ptr_missing", NULL, "forward and reverse" },
	{ "ptr_missing", NULL, "unresolvable|unresolved client|ip|host" },
	{ "ptr_missing", NULL, "ip address|name possibly forged" },

	{ "authentication_required", NULL, "does not meet the? required authentication level" },
	{ "authentication_required", NULL, "gmail|google|yahoo|we ... require+|requires ... "
	  "authenticate|authentication with|either|using|both" },
	{ "authentication_required", NULL, "sender|message|mail|email|its is? unauthenticated ! "
	  "dmarc ! helo" },
	{ "authentication_required", NULL, "blocked|rejected because|as|since ... unauthenticated" },
	{ "authentication_required", NULL, "message ... authentication information|results ... "
	  "not|fail+|missing|or ! spf|dkim|dmarc ! password|username|credentials" },
	{ "authentication_required", NULL, "fail+|not ... both spf|dkim and|or dkim|spf" },
	{ "authentication_required", NULL, "spf|dkim and|or|nor|or dkim|spf ... fail+|required|"
	  "pass|missing|valid|needed|must|check|checks ! dmarc" },
	{ "authentication_required", NULL, "neither|no spf|dkim nor|or dkim|spf" },
	{ "authentication_required", NULL, "must|should|require+|requires|need+ ... spf|dkim and|"
	  "or|either dkim|spf" },
	{ "authentication_required", NULL, "unauthenticated mail|email|messages|message|sender ! "
	  "dmarc" },
	{ "authentication_required", NULL, "from header ... isnt|not|doesnt aligned|align" },
	{ "authentication_required", NULL, "domain ... no|not|doesnt|without ... dmarc ... "
	  "record|published|policy & @google.com|gsmtp|bulk" },
	{ "authentication_required", NULL, "email|mail|message authentication ... fail+|required|"
	  "missing|not & dkim|spf|dmarc|unauthenticated ! dmarc policy" },
	{ "authentication_required", NULL, "multiple authentication checks failed" },
	{ "dmarc_reject", NULL, "dmarc ... polic+|fail+|reject+|reject|evaluation|check|"
	  "verification|validation|violation|compliant|compliance|not|quarantine|pass ! =x.7.32 "
	  "! temp+|temporary error" },
	{ "dmarc_reject", NULL, "fail+|fails|failed|due|rejected|violat+|not|against|per|under "
	  "... dmarc ! dmarc passed|pass|ok" },
	{ "dmarc_reject", "x.7.509", NULL },
	{ "dmarc_reject", "x.7.9", "not accepted for policy reasons" },
	{ "dkim_fail", NULL, "dkim ... fail+|invalid|bad|did|not|no|missing|unacceptable|reject+|"
	  "error|required|mismatch|broken|didnt|verif+ ! spf ... fail+" },
	{ "dkim_fail", NULL, "fail+|invalid|bad|broken|missing|no|unacceptable|valid|failing|"
	  "mismatched|passing|unable|unsigned ... dkim ! spf" },
	{ "dkim_fail", NULL, "not dkim signed" },
	{ "dkim_fail", NULL, "domainkeys signature|verification" },
	{ "spf_fail", NULL, "spf ... fail+|softfail|did|not|deny|denied|reject+|permerror|"
	  "hardfail|violation|mismatch|unauthorized|forbid+|suspicious|didnt|doesnt|policy|error|"
	  "invalid|check|record|protected|block+|validation|temperror|incorrect|pass ! dkim ... "
	  "fail+" },
	{ "spf_fail", NULL, "fail+|failed|violat+|not|unauthorized|rejected|due|denied|by|"
	  "invalid|based|because|no ... spf ! spf passed|pass|ok" },
	{ "spf_fail", NULL, "sender policy framework" },
	{ "spf_fail", NULL, "spfcheck|spfhard|spfsoft|spffail" },
	{ "spf_fail", NULL, "@openspf.org|@openspf.net|@spf.pobox.com" },
	{ "spf_fail", NULL, "not|doesnt|isnt designate+|permitted|authorized|authorised|allowed|"
	  "designated as|to permitted|send|use ... mail|sender|email|messages|for|from|behalf|"
	  "domain ... domain|from|for|sender & spf|designate|designated|domain|ip|host ! user|"
	  "relay|account ! login|authenticated|own ! directly|proxy" },
	{ "spf_fail", NULL, "sender id fail+|check|result|verification" },
	{ "spf_fail", NULL, "is|are not an? authori+|allowed|permitted|valid mailserver|sender|"
	  "server|mta|ip|host|source for|of|to ! authenticated|login" },

	/* ---- blocklists in front of words that may stand in the same sentence */
	{ "helo_rejected", NULL, "helo|ehlo ... rejected|invalid|bad|denied|refused|mismatch|"
	  "forged|spoof+|not|must|illegal|error|faked|fake|wrong|malformed|listed|syntactically|"
	  "requires|required|fully|resolve|fail+|blocked|should|violates|bogus|incorrect|your|"
	  "command|dns|fqdn|match+|unresolvable|contains|conform|impersonat+ ! no|not|never ... "
	  "required|used|error ! send|polite|polite|first|say|before|introduce|closing|sequence "
	  "! tls|starttls" },
	{ "helo_rejected", NULL, "invalid|bad|forged|fake|faked|illegal|wrong|bogus|suspicious|"
	  "spoofed|incorrect|unacceptable|malformed|unqualified|syntactically|dynamic|in|valid|"
	  "your|fqdn|not|resolvable|by ... helo|ehlo ! sequence ! polite|first|send|say|before|"
	  "introduce|closing ! connection ! tls|starttls" },
	{ "helo_rejected", NULL, "helohost" },
	{ "helo_rejected", NULL, "need fully qualified hostname" },
	{ "helo_rejected", NULL, "you are|arent not me|us|localhost" },
	{ "helo_rejected", NULL, "youre not me|localhost" },
	{ "helo_rejected", "x.7.506", NULL },

	{ "content_rejected", NULL, "blacklist+|blocklist+|listed|bad|malicious|suspicious|spam+|"
	  "spamvertised|blocked|phishing ... url|urls|uri|uris|link|links|website ! mailer ! see|"
	  "visit|http" },
	{ "content_rejected", NULL, "url|urls|uri|uris|link|links ... in ... blacklist+|"
	  "blocklist+|listed|block|body|list ! see|visit" },
	{ "content_rejected", NULL, "message|mail|email|content|body contain+ ... url|urls|uri|"
	  "link|domain|links ! see" },
	{ "content_rejected", NULL, "@surbl.org|@uribl.com|surbl|uribl ! client|host|sender|helo|"
	  "ip" },

	{ "rate_limited", NULL, "defer+|throttl+|temporarily ... too many|much messages|"
	  "connections|mail|emails|mails" },
	{ "rate_limited", NULL, "too many ... connection|connections|session|sessions|message|"
	  "messages|mail|mails|email|emails|recipients|rcpt|requests|deliveries|rcpts|"
	  "transactions|threads|invalid|unknown|bad|users ! hops ! errors|commands|unrecognized|"
	  "syntax ! auth|login|password ! virus|spam|junk" },
	{ "rate_limited", NULL, "unusual rate|volume|amount|number ! spamhaus" },
	{ "rate_limited", NULL, "rate|frequency|ratelimit|throughput ... limit|limited|limits|"
	  "limiting|exceed+|high|throttl+|control|reached|fast|exhausted ! mailbox|storage|disk|"
	  "user|recipient|inbox|over" },
	{ "rate_limited", NULL, "rate|ratelimit|ratelimited limit+|control|controlled|exceeded|"
	  "hit" },
	{ "rate_limited", NULL, "ratelimit+" },
	{ "rate_limited", NULL, "throttl+ ! not|no|never|isnt" },
	{ "rate_limited", NULL, "receiving ... mail|email|messages|mails ... too quickly|rate|"
	  "fast" },
	{ "rate_limited", NULL, "too quickly|fast|frequently|often|rapidly ! auth|login" },
	{ "rate_limited", NULL, "slow down|slowdown" },
	{ "rate_limited", NULL, "limit+|maximum|max|number ... connections|messages|recipients|"
	  "mails|emails|sessions|concurrent|recipient|sending|transactions|deliveries|rate|"
	  "connection|hour|minute|day ! size|length|bytes|large|big ! line|hops|attachments|"
	  "headers|received" },
	{ "rate_limited", NULL, "concurren+|simultaneous|parallel connection|connections|session|"
	  "sessions|smtp|users" },
	{ "rate_limited", NULL, "connections|messages|recipients|sending|connection|message|"
	  "recipient|relay|hourly|daily|outbound|email ... limit|limits|quota|threshold ... "
	  "exceed+|reached|hit|over ! size|mailbox|storage|bytes|length" },
	{ "rate_limited", NULL, "exceed+|reached|over|hit|above ... limit|limits|quota|threshold|"
	  "rate ... connections|messages|recipients|hour|day|minute|emails|mails|ip|sender|"
	  "sending|rate|per|allowed ! size|mailbox|storage|bytes|length|fixed|disk|attach+|inbox "
	  "! virus|spam|score" },
	{ "rate_limited", NULL, "has exceeded permitted limits" },
	{ "rate_limited", NULL, "exceeded ... threshold|tenant|sending|daily|hourly|permitted "
	  "... limit|limits|threshold|quota|exceeded|range ! spam ! size" },
	{ "rate_limited", NULL, "sending|outgoing|relay|sender|smtp|daily|hourly limit|quota|"
	  "rate|volume exceed+|reached|limit|high|has|too" },
	{ "rate_limited", NULL, "send|sent|sending|delivering|received too many|much" },
	{ "rate_limited", NULL, "tss04|tss05" },
	{ "rate_limited", NULL, "server busy ! auth" },
	{ "rate_limited", NULL, "due to ... user complaints" },
	{ "rate_limited", NULL, "temporarily deferred|deferred ... complaints|unexpected|volume|"
	  "rate" },
	{ "rate_limited", NULL, "message temporarily deferred & @yahoo.com|@yahooinc.com|"
	  "@yahoo.net" },
	{ "rate_limited", NULL, "temporarily rate" },
	{ "rate_limited", NULL, "rp 001|002" },
	{ "rate_limited", NULL, "transient reject by behaviour|behavior" },
	{ "rate_limited", NULL, "hl rep|icc|ifc" },
	{ "rate_limited", NULL, "mi dmc|sfq" },
	{ "rate_limited", NULL, "rp drc" },
	{ "rate_limited", NULL, "receiving mail|email|messages ... at a rate" },
	{ "rate_limited", NULL, "tenant ... exceeded" },
	{ "rate_limited", NULL, "unusual sending|outgoing activity" },
	{ "rate_limited", NULL, "maximum credits exceeded" },
	{ "rate_limited", NULL, "sender|submission thread limit" },
	{ "rate_limited", NULL, "temporarily|temp deferred|throttled|delayed & @yahoo.com|"
	  "@yahooinc.com|@yahoo.net" },
	{ "rate_limited", NULL, "too much mail|email|traffic" },
	{ "rate_limited", NULL, "cxthrt|cxmxrt|cxcnct|rl00+" },
	{ "rate_limited", NULL, "ofr004 104" },
	{ "rate_limited", NULL, "lpn004 104" },
	{ "rate_limited", NULL, "trop de connexions|messages|destinataires" },
	{ "rate_limited", NULL, "zu viele verbindungen|mails|nachrichten|empfaenger ! auf dem "
	  "server" },
	{ "rate_limited", NULL, "limite de|d conex+|envio|mensag+|messages|recebimento|"
	  "destinatar+|taxa" },
	{ "rate_limited", NULL, "muitas conex+|mensag+|tentativas" },
	{ "rate_limited", NULL, "demasiad+ conexiones|mensajes|destinatarios|correos" },
	{ "rate_limited", NULL, "troppe connessioni" },
	{ "rate_limited", NULL, "troppi messaggi|destinatari" },
	{ "rate_limited", NULL, "频率|过于频繁|太频繁" },

	/* ---- greylisting: only where it is said so, or in its known forms */
	{ "greylisted", NULL, "greylist+|graylist+|postgrey ! " NOT " ... greylist+|graylist+|"
	  "postgrey ! exempt from greylist+" },
	{ "greylisted", NULL, "grey|gray listed|listing|list ! " NOT " ... grey|gray" },
	{ "greylisted", NULL, "@postgrey.schweikert.ch|@greylisting.org|@projects.puremagic.com" },
	{ "greylisted", NULL, "unknown|new|unseen|first ... triplet|tuple" },
	{ "greylisted", NULL, "first time ... sender|triplet|seen|see|attempt|contact ! login" },
	{ "greylisted", "450 451 421", "lista gris|cinza|grise|grigia" },
	{ "greylisted", NULL, "灰名单" },
	{ "greylisted", NULL, "серый|серые|серого|серых список|списки|списка" },

	/* ---- relaying; "relay" may be in what else is said about the host */
	{ "unclassified", "x.7.124 x.7.133-134 x.7.136", NULL },
	{ "unclassified", NULL, "to this group|distribution & not authenticated|authorized|"
	  "allowed" },
	{ "auth_required", NULL, "client was? not authenticated" },
	{ "relay_denied", NULL, "relay|relaying|relayed access? is|was? temporarily? denied|"
	  "prohibited|forbidden|rejected|refused|disabled|restricted|blocked" },
	{ "relay_denied", NULL, "relay|relaying ... not|isnt allowed|permitted|authorized|"
	  "supported|possible|accepted ! ip ... blacklist+ ! size" },
	{ "relay_denied", NULL, "unable|refuse|refuses|refused|refusing|not|cannot|cant|dont|"
	  "wont|no|deny|unauthorized|denied|never to? permitted|allowed|authorized|able|an? "
	  "open? third? party? to? relay|relaying|relayed ! hop+ ! " SENDER " ... blacklist+" },
	{ "relay_denied", NULL, "attempt to|at relay" },
	{ "relay_denied", NULL, "relay|relaying attempt" },
	{ "relay_denied", NULL, "relay|relaying to|for|from|through|via prohibited|denied|"
	  "forbidden|disallowed|rejected" },
	{ "relay_denied", NULL, "rcpthosts" },
	{ "relay_denied", NULL, "invalid credentials for relay" },
	{ "relay_denied", NULL, "not a? gateway" },
	{ "relay_denied", NULL, "not accept|handle|host|serve|deliver mail|email|messages for "
	  "this|that|the|recipients? domain|host" },
	{ "relay_denied", NULL, "dont|doesnt|cannot handle|accept|host|serve|deliver mail|email "
	  "for|to this? domain|host|recipients? ! greylist+" },
	{ "relay_denied", NULL, "domain is? not hosted|local|served|handled|allowed|serviced|"
	  "here ! sender" },
	{ "relay_denied", NULL, "i cannot deliver mail for" },
	{ "relay_denied", NULL, "delivery is not allowed to this address" },
	{ "relay_denied", NULL, "relay n est pas autorise" },
	{ "relay_denied", NULL, "relay nicht erlaubt|gestattet" },
	{ "relay_denied", "x.7.54 x.7.64", NULL },

	/* ---- lists */
	{ "unclassified", NULL, "not|never|isnt|no|longer|wasnt on|in|listed|blocklisted|"
	  "blacklisted|an|at ... blacklist+|blocklist+|dnsbl|rbl|list ! domain|sender|helo" },
	{ "blocklisted", NULL, "blocked|rejected|listed|found|blacklisted|denied|blocklisted|"
	  "refused|present|appears|banned|deny using|by|in|at|on|via|from|with @spamhaus.org|"
	  "@spamhaus.net|@spamcop.net|@barracudacentral.org|@sorbs.net" },
	{ "blocklisted", NULL, "blocked|rejected|denied|refused using" },
	{ "blocklisted", NULL, "blocked|rejected|listed|found|blacklisted|blocklisted|appears|"
	  "appear|present|is by|in|at|on|via|from|to an|a|the|our|my|this|their|its|one|multiple|"
	  "several|local|internal|dns|public|some? ... blocklist+|blacklist+|rbl|rbls|dnsbl|"
	  "dnsbls|rhsbl|blacklists|zen|sbl|xbl|pbl|spamcop|spamhaus|realtime|blackhole|bl|"
	  "denylist ! url|uri|link|urls|links" },
	{ "blocklisted", NULL, "blacklist+|blocklist+|blacklisted|denylist+|blackholed ! url|"
	  "urls|uri|link|links|extension|extensions|attachment|words ! not|no|isnt|never ... "
	  "blacklist+|blocklist+ ! recipient|user ... blacklist+" },
	{ "blocklisted", NULL, "black|block|deny list|listed|lists|listing|ip ! url|urls|uri|"
	  "link|links" },
	{ "blocklisted", NULL, "realtime|dns|real|time blackhole|blocking|block|blocklist|"
	  "blacklist list" },
	{ "blocklisted", NULL, "spamhaus|spamcop|dnsbl|rbl|rbls|sorbs|uceprotect|"
	  "barracudacentral|cbl|psbl|invaluement|abusix|senderscore|dnswl|mailspike ! " NOT
	  " ... spamhaus|spamcop|dnsbl|rbl|listed ! url|urls|uri" },
	{ "blocklisted", NULL, "@spamhaus.org|@spamhaus.net|@spamcop.net|@sorbs.net|"
	  "@barracudacentral.org|@uceprotect.net|@abuseat.org|@mailspike.net|@psbl.org|"
	  "@senderscore.com|@senderscore.org|@abusix.zone|@cloudmark.com|"
	  "@bl.score.senderscore.com" },
	{ "blocklisted", NULL, HOST " is|has|was|been? ... blocked|listed|banned|blacklisted|"
	  "blocklisted|barred ! not ... blocked|listed ! blocked by recipient|user|addressee|the "
	  "! port|attach+|url|uri|macro" },
	{ "blocklisted", NULL, "blocked|banned|bad|block|blocking|refused|deny|rejecting|"
	  "rejected|denied|spam|suspected|suspicious|black|blocklisted|listed sending|sender|"
	  "source|connecting|client|your|the|smtp|from|spam? ip|ips|iprange|subnet|netblock|host" },
	{ "blocklisted", NULL, "blocked|banned|deny|blocking|barred|block ip|ips|subnet" },
	{ "blocklisted", NULL, "banned sender|sending|ip|client|host" },
	{ "blocklisted", NULL, "messages|mail|email|emails|connections|traffic from ... ip|ips|"
	  "host|server|network|servers ... not ... accepted|allowed|permitted|been ! "
	  "authenticated|authorized ! reverse" },
	{ "blocklisted", NULL, "messages|mail|email|connections|traffic from ... weren|werent|"
	  "wasnt sent" },
	{ "blocklisted", NULL, "part of their network is on our block list" },
	{ "blocklisted", NULL, "permanently|temporarily deferred & tss09|tss11|ts03|tss03" },
	{ "blocklisted", NULL, "tss09|tss11|ts01|ts02|ts03|bl21|bl23|bl20|bl24" },
	{ "blocklisted", NULL, "reputation ! content|message|url|uri|body|attach+|domain "
	  "reputation ... url ! no ... reputation" },
	{ "blocklisted", NULL, "due to|because ... spam|abuse|abusive ... from|by your|the|this "
	  "ip|host|network|server|address|subnet" },
	{ "blocklisted", NULL, "spam|abuse|unsolicited ... from|by your|the|this ip|host|network|"
	  "server|subnet|address ! message ... spam|unsolicited ! rate" },
	{ "blocklisted", NULL, "dynamic|residential|dialup|dial|dul|pbl ip|ips|address|addresses|"
	  "host|range|pool|up|client|hosts|space|network ! helo" },
	{ "blocklisted", NULL, "not authorized|allowed|permitted to send|connect|deliver email|"
	  "mail|mails|messages directly" },
	{ "blocklisted", NULL, "badmailfrom|badmailfromto|badhelo list?" },
	{ "blocklisted", NULL, "s3140|s3150|s3114|s775|s843" },
	{ "blocklisted", NULL, "spam source ! url" },
	{ "blocklisted", NULL, "aup i 1000" },
	{ "blocklisted", NULL, "email|mail|messages|mails|connections from is|are|was|has|have|"
	  "been? currently|temporarily? blocked|blacklisted" },
	{ "blocklisted", NULL, "dt rbl" },
	{ "blocklisted", NULL, "comcast block+ for spam" },
	{ "blocklisted", NULL, "bl00+" },
	{ "blocklisted", NULL, "cxbl" },
	{ "blocklisted", NULL, "blocked|listed see|visit|contact|please ! message|mail|email|it "
	  "... blocked" },
	{ "blocklisted", NULL, "rbl deny|denied|reject|restriction|filtered|filter" },
	{ "blocklisted", NULL, "suspected|suspect spam ip" },
	{ "blocklisted", NULL, "connection denied & =550" },
	{ "blocklisted", NULL, "black ip" },
	{ "blocklisted", NULL, "cs01 ! content" },
	{ "blocklisted", NULL, "nowl|toms bl|tosa" },
	{ "blocklisted", NULL, "@rx.t-online.de" },
	{ "blocklisted", NULL, "delist|delisting|removal|removed|unblock ... list|ip|visit|see|"
	  "request|form|https|host|via|at|from|your ! recipient" },
	{ "blocklisted", NULL, "lpn007 510" },
	{ "blocklisted", NULL, "ip|adresse|serveur ... blacklistee|blackliste|bloquee|bloque|"
	  "bannie" },
	{ "blocklisted", NULL, "ip|adresse|server ... gesperrt|geblockt|blockiert" },
	{ "blocklisted", NULL, "ip|endereco|servidor|direccion ... bloqueado|bloqueada|listado|"
	  "bloqueo" },
	{ "blocklisted", NULL, "黑名单" },
	{ "blocklisted", NULL, "черный|черном|черные список|списке|списки" },
	{ "blocklisted", "5.7.606-649 5.7.511 5.7.513 5.7.708", NULL },

	/* ---- the recipient's box */
	{ "receiver_out_of_space", NULL, "out of disk|memory|resources ! mailbox|user|quota|"
	  "recipient|inbox|account" },
	{ "receiver_out_of_space", NULL, "low on disk|space|memory|storage|resources" },
	{ "mailbox_full", NULL, "over|exceeded|exceeds|exceed|exceeding|out|above|reached|beyond "
	  "of? its|his|the|their|allowed|your|storage|disk|mailbox|users? quota|allocation|"
	  "storage|allotment|space ! ip|rate|sending|message rate|relay|hourly|daily" },
	{ "mailbox_full", NULL, PERSON " ... full|overquota|overfull|exceeded|overflow ! not "
	  "full ! rate|messages per|connections|size limit ! message size|too large|too big" },
	{ "mailbox_full", NULL, "full|overquota|overfull|exceeded " PERSON " ! fully" },
	{ "mailbox_full", NULL, "quota ... exceed+|full|reached|violation|violated|over ! rate|"
	  "sending|daily|hourly|smtp|relay|connection|ip|outgoing|per" },
	{ "mailbox_full", NULL, "overquota|overquoted|quotaexceeded|mailboxfull" },
	{ "mailbox_full", NULL, "over|exceed+ quota" },
	{ "mailbox_full", NULL, "out of storage space" },
	{ "mailbox_full", NULL, "no|insufficient|not enough storage? space|room|storage ... in|"
	  "for|of users?|recipients?|mailbox|inbox|account" },
	{ "mailbox_full", NULL, "mailbox|user|recipient|account ... has|have ... limit|quota|"
	  "storage|size ... exceed+|reached|full|allowed" },
	{ "mailbox_full", NULL, "mailbox size|storage|disk ... limit|quota|exceeded" },
	{ "mailbox_full", NULL, "boite ... pleine|saturee|plein" },
	{ "mailbox_full", NULL, "quota depasse|depassee|superata|excedida|excedido|esgotado|"
	  "ueberschritten" },
	{ "mailbox_full", NULL, "caixa|casella|buzon|postfach ... cheia|piena|lleno|voll|lotada|"
	  "lleno|uberfullt|ueberfuellt|excedida" },
	{ "mailbox_full", NULL, "邮箱已满|邮箱空间|空间不足|容量" },
	{ "mailbox_full", NULL, "ящик переполнен|полон" },
	{ "mailbox_full", NULL, "ofr 417" },

	/* ---- recipients that are not there */
	{ "content_rejected", NULL, "permanent failure for one or more recipients blocked" },
	{ "unclassified", NULL, "verification in progress" },
	{ "sender_domain_rejected", NULL, "sender verify|verification failed|failure|callout|"
	  "error" },
	{ "sender_domain_rejected", NULL, "sender|from|mail|originator|return|envelope address|"
	  "domain|path|host|of ... does|do|did|could|can|may|is|has|are not|no|cannot ... exist|"
	  "resolve|resolvable|found|valid|verified|mx|dns ! recipient|user|ptr|reverse|"
	  "authenticated|spf" },
	{ "sender_domain_rejected", NULL, "sender|from|mail|originator|return|envelope address|"
	  "domain|path|host ... doesnt|cannot|couldnt|cant|must|isnt|nonexistent|invalid|"
	  "unresolvable|unknown|has|unverifiable ... exist|resolve|resolved|verify|verified|mx|"
	  "dns|valid|domain|record ! recipient|user|ptr|reverse|login ! spf|dkim|dmarc" },
	{ "sender_domain_rejected", NULL, "sender address|domain|email rejected ... domain|"
	  "undeliverable|unverified|not|unknown|invalid|does|mx|malformed|unresolvable|no ... "
	  "found|address|exist|nameserver|mx|record|domain|host|user|a|valid|resolve ! logged|"
	  "owned|fully|access|spf" },
	{ "sender_domain_rejected", NULL, "domain of sender ... does|not|is|has|doesnt|cannot" },
	{ "sender_domain_rejected", NULL, "invalid|unknown|bad|nonexistent|forged|faked|"
	  "unresolvable|unverifiable|unregistered|fake|illegal sender|senders|from|mailfrom|"
	  "originator|return domain|address|host|dns|path|system|mail" },
	{ "sender_domain_rejected", NULL, "sender|senders domain|host is? unresolvable|"
	  "nonexistent|invalid|unknown" },
	{ "sender_domain_rejected", NULL, "sender|senders domain|host not found|known|valid|"
	  "registered|resolvable" },
	{ "sender_domain_rejected", NULL, "your domain does|doesnt not? exist|resolve" },
	{ "sender_domain_rejected", NULL, "may not exist or dns check failed" },
	{ "sender_domain_rejected", NULL, "domain|host must resolve|exist" },
	{ "sender_domain_rejected", NULL, "cannot|could|couldnt|unable|cant not? to? verify|"
	  "resolve|validate|find ... sender|senders|envelope|from domain|address ! reverse|ptr" },
	{ "sender_domain_rejected", NULL, "callback|callout ... verif+|sender|fail+ ! recipient" },
	{ "sender_domain_rejected", NULL, "verification failed for ! recipient|certificate" },
	{ "sender_domain_rejected", NULL, "no|invalid|missing valid? mx|a|dns record|records? "
	  "... sender|from|domain" },
	{ "sender_domain_rejected", NULL, "hl mep" },
	{ "sender_domain_rejected", NULL, "expediteur|emetteur|remetente|absender ... invalide|"
	  "inconnu|invalido|ungueltig|inexistente|domaine" },

	{ "recipient_unknown", NULL, "user|users|recipient|recipients|mailbox|account|addressee|"
	  "username|mailname|userid|alias|rcpt|localpart ... unknown|nonexistent|nonexistant|"
	  "inactive|disabled|invalid|suspended|unavailable|deactivated|closed|unrecognized|"
	  "undeliverable|terminated|unroutable|locked|expired|discontinued|deleted|blocked|dead|"
	  "retired|abandoned|dormant ! temporarily|currently ! login|password|authentication ! "
	  HOST " ... blocked|blacklisted ! not full ! client|command|argument|database|table "
	  "... unavailable" },
	{ "recipient_unknown", NULL, "unknown|invalid|nonexistent|inactive|disabled|bad|"
	  "unrouteable|unroutable|undeliverable|nonexisting|expired|suspended|wrong|ambiguous|"
	  "unresolvable local? user|users|recipient|recipients|mailbox|account|address|addressee|"
	  "alias|destination|rcpt|localpart|forward ! sender|from|too|many|helo|ip|syntax|rate|"
	  "reverse ! client|argument|format" },
	{ "recipient_unknown", NULL, "no such user|users|recipient|mailbox|account|person|"
	  "address|alias|local|name|id|mail|email|email|member|addressee|here ! sender" },
	{ "recipient_unknown", "550", "requested action not taken mailbox unavailable" },
	{ "recipient_unknown", NULL, "nosuchuser|recipnotfound|usernotfound|unknownuser|"
	  "recipientnotfound" },
	{ "recipient_unknown", NULL, "no mailbox|account|user|recipient here|by|with|named|found|"
	  "exists|for|called|of ! space|quota" },
	{ "recipient_unknown", NULL, PERSON " ... doesnt|not|cannot|couldnt|isnt|no|wasnt|never|"
	  "nonexistent ... exist|exists|found|recognized|known|valid|active|available|hosted|"
	  "here|longer|account|mailbox|listed|located|registered|local|verified|activated|"
	  "deliverable|enabled|allocated|yahoo|accepting ! sender|from|temporarily|client|policy|"
	  "space|ip|try|currently|authenticated|permitted|reverse|helo|dns|quota|later|accept|"
	  "moment|verify" },
	{ "recipient_unknown", NULL, "not|no|isnt ... valid|known|existing|active|longer|"
	  "recognized a? user|users|recipient|mailbox|account|alias ! sender|from|authenticated|"
	  "dns" },
	{ "recipient_unknown", NULL, "not|couldnt|cannot|unable|no|cant find|locate|lookup|match|"
	  "matches to? ... user|recipient|mailbox|account ! sender" },
	{ "recipient_unknown", NULL, "recipient address rejected|reject access denied & =5.4.1" },
	{ "recipient_unknown", NULL, "recipient address rejected ... undeliverable|unknown|"
	  "unverified|invalid|not|user|nonexistent" },
	{ "recipient_unknown", NULL, "account ... disabled|inactive|suspended|closed|terminated|"
	  "locked|deleted ! login|auth+|sender|sending" },
	{ "recipient_unknown", NULL, "unrouteable|unroutable address" },
	{ "recipient_unknown", NULL, "does not like recipient ! remote host said" },
	{ "recipient_unknown", NULL, "email account that you tried to reach ... disabled|exist|"
	  "inactive|not" },
	{ "recipient_unknown", NULL, "not our customer|user" },
	{ "recipient_unknown", NULL, "cuda nsu" },
	{ "recipient_unknown", NULL, "no record of|for this|that|such? user|recipient|mailbox|account" },
	{ "recipient_unknown", NULL, "dosnt|doesnt exist ! sender|domain|from" },
	{ "recipient_unknown", NULL, "recipient ... non existent account|user|mailbox|address" },
	{ "recipient_unknown", NULL, "doesnt|not have a|an yahoo|account|mailbox" },
	{ "recipient_unknown", NULL, "user|mailbox has|have? moved|left" },
	{ "recipient_unknown", NULL, "not listed in ... directory|address" },
	{ "recipient_unknown", NULL, "unknown or illegal|invalid|inactive" },
	{ "recipient_unknown", NULL, "invalid|unknown final? delivery" },
	{ "recipient_unknown", NULL, "user is locked|inactive|disabled" },
	{ "recipient_unknown", NULL, "adresse|destinataire|utilisateur|boite ... invalide|"
	  "inconnu|inconnue|inexistant|inexistante|existe|desactive|desactivee ! expediteur" },
	{ "recipient_unknown", NULL, "empfaenger|empfanger|benutzer|postfach|adresse ... "
	  "unbekannt|existiert|ungueltig|ungultig|nicht|deaktiviert ! voll ! absender" },
	{ "recipient_unknown", NULL, "unbekannter|kein empfaenger|empfanger|benutzer|postfach" },
	{ "recipient_unknown", NULL, "usuario|destinatario|conta|cuenta|caixa|utente|casella|"
	  "mailbox|buzon ... inexistente|desconhecido|desconocido|invalido|existe|sconosciuto|"
	  "inesistente|encontrado|bloqueada|inativa|desativada|esiste|inattivo|disabilitata|"
	  "disabilitato|suspensa|valido|encerrada ! remetente ! quota|cheia|piena" },
	{ "recipient_unknown", NULL, "пользователь|ящик|адрес|получатель ... существует|найден|"
	  "заблокирован|отключен|неизвестен" },
	{ "recipient_unknown", NULL, "нет такого пользователя|ящика|адреса" },
	{ "recipient_unknown", NULL, "收件人不存在|用户不存在|地址不存在|邮箱不存在|帐号不存在|账号不存在" },
	{ "recipient_unknown", NULL, "ofr|lpn|lpn416|ofr416|ofr006 416" },
	{ "recipient_unknown", NULL, "lpn416|ofr416" },

	/* ---- the size of the message, and its content */
	{ "message_too_big", NULL, "message|mail|email|size|data|body|content|header|headers ... "
	  "too big|large|long|huge ! line|address|password|url|domain name ! headers? too" },
	{ "message_too_big", NULL, "message|mail|email|max|maximum|fixed|data size|bytes|length "
	  "... exceed+|limit|limits|larger|bigger|greater|maximum ! mailbox|quota|storage|line" },
	{ "message_too_big", NULL, "exceed+|larger|bigger|greater|over ... message|mail|maximum|"
	  "max|fixed|size|attachment size|bytes|limit|length|mb ! mailbox|quota|storage|rate|"
	  "hour|day|connections|messages|recipients|line|hops" },
	{ "message_too_big", NULL, "databytes" },
	{ "message_too_big", NULL, "too big|large ! line|command|number" },
	{ "message_too_big", NULL, "number of attachments exceed+" },
	{ "message_too_big", NULL, "oversize+|toolarge|sizelimit" },
	{ "message_too_big", NULL, "message|taille ... trop volumineux|gros|grand" },
	{ "message_too_big", NULL, "mensagem|mensaje|messaggio ... grande|excede|supera|tamanho" },
	{ "message_too_big", NULL, "nachricht|mail ... zu gross|groß" },
	{ "message_too_big", NULL, "邮件过大|邮件太大|超过大小" },

	{ "content_rejected", NULL, "virus|viruses|malware|trojan|infected|phishing|phish|"
	  "ransomware|worm ! no|not|without|scanner|scanning|scan ... unavailable|failed ! not|"
	  "isnt|no ... infected|virus|spam ! ip" },
	{ "content_rejected", NULL, "attachment|attachments|extension|extensions|file|files|"
	  "filetype|filename ... blocked|not|banned|prohibited|forbidden|illegal|disallowed|"
	  "unsafe|dangerous|rejected|allowed|restricted|accept|executable" },
	{ "content_rejected", NULL, "banned|prohibited|forbidden|dangerous|illegal|blocked|"
	  "unsafe|executable|disallowed|restricted attachment|attachments|file|files|content|"
	  "extension|mime|words" },
	{ "content_rejected", NULL, "potential security issue" },
	{ "content_rejected", NULL, "unsolicited|junk|spamming|bulk|uce|ube & " VERDICT
	  " ! rate|not|no|isnt|solicited|policy" },
	{ "content_rejected", NULL, "spam & " VERDICT " ! spam policy|policies ! about|against|"
	  "fight spam ! transient reject ! comcast ! not|isnt|no|never|without|anti ... spam ! "
	  "anti spam service|system|server|filter|gateway|solution unavailable|error|failed|"
	  "timeout ! report ... spam ! spam ... ip" },
	{ "content_rejected", NULL, "message|mail|email|content ... looks|considered|classified|"
	  "identified|detected|recognized|marked|tagged ... spam|unwanted|junk|malicious|"
	  "suspicious" },
	{ "content_rejected", NULL, "content|contents|body|text ... rejected|denied|refused|"
	  "filter|filtered|blocked|unacceptable|violat+|restriction|not|inappropriate|policy|"
	  "restricted|reject|suspicious|objectionable|scan|prohibited ! unavailable|cannot|"
	  "supported|defer+|type ! temporar+" },
	{ "content_rejected", NULL, "rejected|blocked|denied|refused|objectionable|due|by|for "
	  "... content|contents ! filter ... unavailable" },
	{ "content_rejected", NULL, "spamassassin ! not|no|without ... spamassassin" },
	{ "content_rejected", NULL, "reject|rejected id ... banned" },
	{ "content_rejected", NULL, "accept executable+" },
	{ "content_rejected", NULL, "banned|forbidden|prohibited|bad word|words|phrase" },
	{ "content_rejected", NULL, "dt spm|sum" },
	{ "content_rejected", NULL, "hvu b1|b2" },
	{ "content_rejected", NULL, "hvu" },
	{ "content_rejected", NULL, "ph01|cs02|csi" },
	{ "content_rejected", NULL, "hme1" },
	{ "content_rejected", NULL, "mcspamsignature" },
	{ "content_rejected", NULL, "security policies & @mimecast.com|@mimecast.org" },
	{ "content_rejected", NULL, "ofr|ofr 506|999" },
	{ "content_rejected", NULL, "milter ... spam|virus" },
	{ "content_rejected", NULL, "spam|virus ... verdacht|erkannt|abgelehnt" },
	{ "content_rejected", NULL, "垃圾邮件|病毒|内容" },
	{ "content_rejected", NULL, "спам|вирус" },
	{ "content_rejected", NULL, "bare lf|cr ... reject ! line" },

	/* ---- logins */
	{ "auth_mechanism_unavailable", NULL, "unrecognized|unsupported|unknown|invalid|no|"
	  "unavailable|supported auth|authentication|sasl type|mechanism|mechanisms|method|scheme" },
	{ "auth_mechanism_unavailable", NULL, "auth|authentication|sasl mechanism|type|method|"
	  "mechanisms ... not|unsupported|unavailable|no|unrecognized|too weak|supported|"
	  "available|allowed|weak" },
	{ "auth_mechanism_unavailable", NULL, "auth|authentication ... not|isnt enabled|"
	  "advertised|supported|available|implemented|allowed|permitted|offered" },
	{ "auth_mechanism_unavailable", NULL, "no mechanism|worthy|suitable mechs|mechanism|"
	  "mechanisms|available|found" },
	{ "auth_mechanism_unavailable", NULL, "no worthy mechs" },
	{ "auth_mechanism_unavailable", NULL, "mechanism ... too weak" },
	{ "auth_mechanism_unavailable", NULL, "encryption required for ... authentication" },
	{ "auth_mechanism_unavailable", NULL, "server|host does|doesnt|did not? support|offer|"
	  "advertise auth|authentication|sasl|login|plain" },
	{ "auth_mechanism_unavailable", "504 534 538", "auth|authentication|mechanism ! password|"
	  "log|username|web" },
	{ "service_unavailable", NULL, "temporary|temporarily authentication failure|error|"
	  "problem|unavailable & =454" },
	{ "service_unavailable", NULL, "cannot|unable authenticate due to temporary" },
	{ "auth_failed", NULL, "auth|authentication|login|sasl|credentials|password|logon ... "
	  "fail+|unsuccessful|invalid|incorrect|bad|rejected|wrong|error|denied|aborted|refused|"
	  "mismatch ! dkim|spf|dmarc|message|sender|tls ! required ! advertised" },
	{ "auth_failed", NULL, "fail+|invalid|incorrect|bad|wrong|unable|too many|bad|rejected|"
	  "unsuccessful auth|authentication|login|logins|password|username|credentials|logon|"
	  "sasl|authenticate ! dkim|spf|dmarc|domain ! sender ! mail" },
	{ "auth_failed", NULL, "too many|much ... login|auth+|logins|password|fail" },
	{ "auth_failed", NULL, "username ... password ... not|incorrect|invalid|wrong" },
	{ "auth_failed", NULL, "application specific password required" },
	{ "auth_failed", NULL, "please log in ... web browser" },
	{ "auth_failed", NULL, "535 incorrect" },
	{ "auth_failed", NULL, "falha|erro|fallo|errore na|no|di|de autentica+|autenticacao|"
	  "autenticacion|autenticazione" },
	{ "auth_failed", NULL, "authentifizierung|anmeldung ... fehlgeschlagen|gescheitert|falsch" },
	{ "auth_failed", NULL, "authentification ... echoue|echec|refusee|incorrecte|invalide" },
	{ "tls_required", NULL, "must issue|use|send|start a|an|the? starttls|tls|encryption|ssl" },
	{ "tls_required", NULL, "issue|use|start|send starttls ... first" },
	{ "tls_required", NULL, "starttls|tls|encryption|encrypted|ssl ... required|needed|"
	  "mandatory|require|necessary|must|first|requires|only|obligatory ! not ... required" },
	{ "tls_required", NULL, "require+|requires|required|need|needs|mandatory|only|must|"
	  "demands|requiring ... starttls|tls|encryption|encrypted|ssl|requiretls ! not|no ... "
	  "require+" },
	{ "tls_required", NULL, "unencrypted|cleartext|plaintext|insecure|unsecured connection|"
	  "connections|session|not|mail|transport ! password" },
	{ "auth_required", NULL, "auth|authentication|authenticated|login|authenticate|"
	  "authorization|smtp ... required|needed|mandatory|necessary|first|required|before|"
	  "require ! dkim|spf|dmarc|tls|level|not ... required ! helo" },
	{ "auth_required", NULL, "require+|requires|must|need|please|needs|have|required ... "
	  "auth|authentication|authenticate|authenticated|login|log|authorization|smtp ! dkim|"
	  "spf|dmarc|helo ! starttls|tls ! @google.com" },
	{ "auth_required", NULL, "not logged in" },
	{ "auth_required", NULL, "client|user|you|connection|session|sender was|is|are|has not|"
	  "isnt|not been? authenticated|logged ! dkim|spf|dmarc" },
	{ "auth_required", NULL, "anonymous|unauthenticated ... not|access|users|client|senders|"
	  "connections allowed|permitted|denied|rejected ! dkim|spf|dmarc|group|recipient" },
	{ "auth_required", NULL, "autenticacao|autenticacion|authentification|autenticazione|"
	  "authentifizierung ... necessaria|requerida|requise|necessaire|richiesta|erforderlich|"
	  "exigida|obrigatoria" },
	{ "auth_required", NULL, "pop before smtp" },

	/* ---- the receiver's own trouble */
	{ "receiver_out_of_space", NULL, "insufficient|no|not|out|low|enough|lack|running of|on|"
	  "enough? system|disk|storage|server|free|queue|spool|sufficient storage|space|"
	  "resources|memory ! mailbox|user|quota|recipient" },
	{ "receiver_out_of_space", NULL, "no space left" },
	{ "receiver_out_of_space", NULL, "system|disk|spool|filesystem|partition|file|mail full|"
	  "system|overflow full?" },
	{ "receiver_out_of_space", NULL, "disk full" },
	{ "receiver_misconfigured", NULL, "loops|looping|loop back|to|detected|it|through|local|"
	  "mail|possible ! dkim" },
	{ "receiver_misconfigured", NULL, "mail|routing|forwarding|message|email|delivery loop|"
	  "looping|loops" },
	{ "receiver_misconfigured", NULL, "too many|exceeded|exceeds|maximum|count ... hops|hop|"
	  "received|forwards" },
	{ "receiver_misconfigured", NULL, "hop count exceeded|too|limit|maximum" },
	{ "receiver_misconfigured", NULL, "config|configuration|configured ... error|problem|"
	  "incorrectly|improperly|wrong|misconfigured|invalid|not ! your ! dns|sender" },
	{ "receiver_misconfigured", NULL, "misconfigur+|misconfiguration ! your|sender|client|"
	  "dns|spf|reverse" },
	{ "receiver_misconfigured", NULL, "best preference mx" },
	{ "receiver_misconfigured", NULL, "mx ... points|point to local|localhost|myself|itself|"
	  "me" },
	{ "receiver_misconfigured", NULL, "points back to us|me|myself" },
	{ "receiver_misconfigured", NULL, "alias|aliases|forwarding ... loop|nested|deep|nesting|"
	  "recursive" },
	{ "receiver_misconfigured", "none", "smtp protocol mismatch|bad greeting" },

	{ "local_problem", NULL, "mail transport unavailable" },
	{ "local_problem", "none", "permission denied" },
	{ "local_problem", "none", "cannot|cant|unable|could|failed|couldnt|error not? to? open|"
	  "create|write|read|exec|execute|fork|access|lock|bind|update|append|chdir|rename|stat|"
	  "writing" },
	{ "local_problem", "none", "no such file|directory" },
	{ "local_problem", "none", "frozen|quarantined" },
	{ "local_problem", "none", "command died|not|exited|time with|found|status" },
	{ "local_problem", "none", "command line usage error" },
	{ "local_problem", "none", "queue file write error" },
	{ "local_problem", "none", "local delivery|configuration failed|error" },
	{ "local_problem", "none", "delivery agent|transport|pipe ... failed|error|unavailable|"
	  "not" },
	{ "local_problem", "none", "alias|lookup|table|database|map|lookups ... "
	  "unavailable|error|failed|failure|deferred" },
	{ "local_problem", "none", "unknown mail transport error" },
	{ "local_problem", "none", "too many open files" },
	{ "local_problem", "none", "delivery temporarily suspended|disabled|held ! host|lost|"
	  "connect" },

	{ "protocol_error", NULL, "synchronization|synchronisation error" },
	{ "protocol_error", NULL, "bad|out|wrong|incorrect|improper|invalid|unexpected of? "
	  "command? sequence|order" },
	{ "protocol_error", NULL, "command|commands unrecognized|unknown|unrecognised|"
	  "unimplemented" },
	{ "protocol_error", NULL, "command|commands ... not implemented|recognized|recognised|"
	  "supported|of|allowed|understood|accepted|sequence|order|permitted ! rejected ! tls" },
	{ "protocol_error", NULL, "unrecognized|unknown|invalid|unimplemented|unrecognised|bad|"
	  "unexpected|illegal|too|many command|commands|parameter|parameters|argument|arguments|"
	  "option|many|syntax|errors ! hops ! connection|connections|messages|recipient|"
	  "recipients|invalid|users|mails|sessions" },
	{ "protocol_error", NULL, "syntax|protocol|parse|parsing error|violation|incorrect|"
	  "invalid|incorrectly|errors ! helo" },
	{ "protocol_error", NULL, "bad|invalid|wrong|illegal|incorrect|improper|malformed "
	  "recipient|sender|address|rcpt|command|email|parameter|mailbox address? syntax|format|"
	  "parameter|parameters" },
	{ "protocol_error", NULL, "need|expecting|send|say|polite|must ... rcpt|mail|helo|ehlo|"
	  "recipient ... command|first|before|commands|hello" },
	{ "protocol_error", NULL, "pipelining ... not|without|before|improper+|unauthorized|"
	  "rejected|violation|protocol" },
	{ "protocol_error", NULL, "improper|unauthorized command? pipelining" },
	{ "protocol_error", NULL, "bare lf|newline|cr|line|linefeed|carriage" },
	{ "protocol_error", NULL, "bare linefeed|newlines|linefeeds" },
	{ "protocol_error", NULL, "@pobox.com & see" },
	{ "protocol_error", NULL, "line|lines ... too long" },
	{ "protocol_error", NULL, "no valid recipients ! =x.1.1" },
	{ "protocol_error", NULL, "sender already given|specified|set" },
	{ "protocol_error", NULL, "already have a? sender" },
	{ "protocol_error", NULL, "nested mail command" },
	{ "protocol_error", NULL, "mi cel|ccl" },
	{ "protocol_error", NULL, "rp cel|ccl" },
	{ "protocol_error", NULL, "talking too soon|early" },
	{ "protocol_error", NULL, "you talk|spoke too|before" },
	{ "protocol_error", NULL, "early talker|talking" },
	{ "protocol_error", NULL, "before ... greeting|turn" },
	{ "protocol_error", NULL, "pregreet" },
	{ "protocol_error", NULL, "not ... smtputf8|8bitmime|dsn|rfc5321|rfc5322 compliant|"
	  "supported" },
	{ "protocol_error", NULL, "non ascii|utf8 address|characters" },
	{ "protocol_error", NULL, "garbled|unintelligible|malformed server|reply|response|"
	  "greeting" },
	{ "protocol_error", NULL, "invalid|malformed|bad|unexpected smtp? reply|response|greeting" },

	{ "service_unavailable", NULL, "service|server|system|services ... unavailable|down|"
	  "offline|shutting|maintenance|overloaded|overload|busy|shutdown ! blocked|rejected|"
	  "client|listed ! policy|permanently ! service unavailable" },
	{ "service_unavailable", NULL, "service|services is|are|currently|temporarily|temporary "
	  "not? unavailable|available" },
	{ "service_unavailable", NULL, "temporary|internal|system|server|temporarily|local|"
	  "transient system|server|internal|local|software|processing|backend|lookup|technical|"
	  "service? problem|error|failure|failed|malfunction|issue|problems|errors ! dns ! policy" },
	{ "service_unavailable", NULL, "server|system|service ... not available ! blocked|"
	  "rejected|client|listed ! policy ! nemesis" },
	{ "service_unavailable", NULL, "local error in|during processing" },
	{ "service_unavailable", NULL, "service unavailable try|please|retry|temporarily" },
	{ "service_unavailable", NULL, "resources temporarily unavailable" },
	{ "service_unavailable", NULL, "queue file write error" },
	{ "service_unavailable", NULL, "scanner|scan|scanning|filter|milter|content|policy|"
	  "antivirus|antispam|virus|spam service|server|check|daemon|system|engine? is|was|has|"
	  "temporarily|currently? unavailable|failed|unable|timeout|timed|error|down" },
	{ "service_unavailable", NULL, "overloaded|overload|maintenance|load|high load|average|"
	  "too|system|server" },
	{ "service_unavailable", NULL, "system|server load ... high|too" },
	{ "service_unavailable", NULL, "too busy|loaded" },
	{ "service_unavailable", NULL, "not accepting messages|mail|network|connections ! from" },
	{ "service_unavailable", NULL, "shutting down" },
	{ "service_unavailable", NULL, "unable to process|handle|accept|route at this|your|mail|"
	  "message|request|time" },
	{ "service_unavailable", NULL, "server configuration problem" },
	{ "service_unavailable", NULL, "qq ... temporary|failure|problem" },
	{ "service_unavailable", NULL, "qqt failure" },
	{ "service_unavailable", NULL, "service ist ... nicht verfuegbar|verfugbar" },
	{ "service_unavailable", NULL, "service temporairement indisponible" },
	{ "service_unavailable", NULL, "servico|servicio|servizio ... indisponivel|disponible|"
	  "disponibile" },

	/* ---- codes of receivers that are not those of the registry */
	{ "spf_fail", "x.7.27", "gsmtp|@google.com" },
	{ "tls_required", "x.7.29", "gsmtp|@google.com" },
	{ "dkim_fail", "x.7.30", "gsmtp|@google.com" },
	{ "ptr_missing", "4.7.23", "gsmtp|@google.com" },
	{ "authentication_required", "x.7.32 x.7.40", "gsmtp|@google.com" },

	/* ---- codes (RFC 5248, 7372, 7505, 8689, 4954) */
	{ "authentication_required", "x.7.26 x.7.515", NULL },
	{ "dkim_fail", "x.7.20-22", NULL },
	{ "spf_fail", "x.7.23 x.7.24", NULL },
	{ "ptr_missing", "x.7.25", NULL },
	{ "sender_domain_rejected", "4.1.8 x.7.27", NULL },
	{ "rate_limited", "x.7.28 x.7.500 x.7.508", NULL },
	{ "tls_required", "x.7.10 x.7.30", NULL },
	{ "auth_mechanism_unavailable", "x.7.11 538 504/x.5.4 504/x.7.4", NULL },
	{ "auth_failed", "535 x.7.8", NULL },
	{ "auth_required", "530 x.7.57", NULL },
	{ "mailbox_full", "x.2.2", NULL },
	{ "message_too_big", "x.3.4 x.2.3", NULL },
	{ "receiver_out_of_space", "x.3.1", NULL },
	{ "service_unavailable", "421/4.3.2", NULL },
	{ "receiver_misconfigured", "x.3.5 x.4.6 x.4.14", NULL },
	{ "recipient_unknown", "5.1.1 5.1.10 5.1.6", NULL },
	{ "connection_lost", "x.4.2", NULL },
	{ NULL, NULL, NULL },
};

const char *const reply_zones[] = {
	"spamhaus.org", "spamhaus.net", "spamcop.net", "barracudacentral.org", "sorbs.net",
	"uceprotect.net", "abuseat.org", "surbl.org", "uribl.com", "mailspike.net", "mailspike.org",
	"psbl.org", "surriel.com", "spameatingmonkey.net", "backscatterer.org", "invaluement.com",
	"senderscore.com", "senderscore.org", "abusix.zone", "nixspam.net", "manitu.net",
	 "njabl.org", "ahbl.org", "wpbl.info", "spamrats.com", "blocklist.de",
	"gbudb.net", "gbudb.com", "lashback.com", "nordspam.com", "0spam.org", "s5h.net",
	"dronebl.org", "efnetrbl.org", "anti-spam.org.cn", "junkemailfilter.com", "inps.de",
	"nszones.com", "spfbl.net", "unsubscore.com", "ivmsip.com",
	"fabel.dk", "suomispam.net", "interserver.net", "dnsbl.cobion.com", 
	"rfc-ignorant.org", "rfc-clueless.org", "fmb.la",
	"woody.ch", "swinog.ch", "imp.ch", "tornevall.org", "zapbl.net",
	
	"hostkarma.com", "drand.net", "redhawk.org",
	"pedantic.org", "openbl.org", "megarbl.net", "antispam.ro",
	NULL,
};

const char *const reply_list_leads[] = {
	"blocked|rejected|denied|refused|blacklisted|blocklisted|banned|listed|filtered using",
	"blacklisted|blocklisted|listed|found|appears by|in|at|on|with|via|from",
	"blacklist|blocklist|dnsbl|rbl|rhsbl|list at|by|from|via|on",
	"rbl|dnsbl|rhsbl|blacklist|blocklist",
	"according to",
	NULL,
};

const char *const reply_list_names[] = {
	"spamhaus", "spamcop", "sorbs", "uceprotect", "surbl", "uribl", "invaluement", "mailspike",
	"psbl", "abusix", "senderscore", "nixspam", "spamrats", "barracuda reputation", NULL,
};
