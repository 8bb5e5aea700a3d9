/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "mail/dnsbl.h"

/* The lists, as of 2026-11: what their operators publish of codes, test points,
 * refusals and removal. A row saves questions and explains answers; it is never
 * a reason to trust a list: its test points decide that in each run.
 *
 * A row's first field is a line of a zones file, so --list-zones prints it and
 * the same parser reads it. Adding a list is adding a row. */

static const char end_infection[] =
	"find the infected or misused machine behind this address first";
static const char end_spam[] =
	"find out who sent spam from here (a hacked account, a web form, a customer) and stop it";
static const char fix_names[] =
	"give the address a reverse name and a HELO that agree (check_rdns), and send no bulk "
	"mail from it for some days";
static const char use_smarthost[] =
	"its owner says that this range sends no mail itself: use a static address or a "
	"smarthost";
static const char change_owner[] =
	"the network was reported as a whole: speak with the provider's abuse desk";
static const char wait_for_it[] =
	"stop the cause; the entry ends by itself";
static const char do_not_pay[] =
	"stop the cause and wait: the entry ends by itself 7 days after the last hit; do not pay "
	"for an express removal";
static const char net_not_you[] =
	"this is about the network around the address, not about you; receivers rarely use it";
static const char clean_site[] =
	"clean the web site or mail account behind the domain, and change its passwords";

static const struct dnsbl_code zen_codes[] = {
	{ "127.0.0.2", "SBL", "a source of spam", end_spam },
	{ "127.0.0.3", "CSS", "snowshoe or low-reputation sender", fix_names },
	{ "127.0.0.[4..7]", "XBL", "exploited host", end_infection },
	{ "127.0.0.9", "DROP", "a network that criminals run", change_owner },
	{ "127.0.0.10", "PBL", "a range that sends no mail itself, says its provider", use_smarthost },
	{ "127.0.0.11", "PBL", "a range that sends no mail itself, says Spamhaus", use_smarthost },
	{ "127.0.0.30", "BCL", "a botnet's controller", end_infection },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code dbl_codes[] = {
	{ "127.0.1.2", "spam", "a domain of spammers", NULL },
	{ "127.0.1.4", "phish", "a domain used for phishing", NULL },
	{ "127.0.1.5", "malware", "a domain that spreads malware", NULL },
	{ "127.0.1.6", "botnet", "a botnet's controller", NULL },
	{ "127.0.1.102", "abused", "a good domain misused for spam", clean_site },
	{ "127.0.1.103", "abused", "a good domain misused as a redirector", clean_site },
	{ "127.0.1.104", "abused", "a good domain misused for phishing", clean_site },
	{ "127.0.1.105", "abused", "a good domain misused for malware", clean_site },
	{ "127.0.1.106", "abused", "a good domain misused by a botnet", clean_site },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code dronebl_codes[] = {
	{ "127.0.0.3", NULL, "IRC spam drone", NULL },
	{ "127.0.0.5", NULL, "bottler", NULL },
	{ "127.0.0.6", NULL, "unknown spambot or drone", NULL },
	{ "127.0.0.7", NULL, "DDoS drone", NULL },
	{ "127.0.0.8", NULL, "open SOCKS proxy", "close the proxy" },
	{ "127.0.0.9", NULL, "open HTTP proxy", "close the proxy" },
	{ "127.0.0.10", NULL, "chain of proxies", "close the proxy" },
	{ "127.0.0.13", NULL, "brute force attacker", NULL },
	{ "127.0.0.14", NULL, "open Wingate proxy", "close the proxy" },
	{ "127.0.0.15", NULL, "compromised router", "update the router and change its password" },
	{ "127.0.0.255", NULL, "unknown", NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code spamrats_codes[] = {
	{ "127.0.0.36", "Dyna", "its reverse name looks dynamic", "give it a reverse name of its own" },
	{ "127.0.0.37", "NoPtr", "it has no reverse name", "give it a reverse name" },
	{ "127.0.0.38", "Spam", "it sent spam", NULL },
	{ "127.0.0.43", "Auth", "it tried passwords", end_infection },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code surbl_codes[] = {
	{ "127.0.0.4", "DM", "disposable mail", NULL },
	{ "127.0.0.8", "PH", "phishing", clean_site },
	{ "127.0.0.16", "MW", "malware", clean_site },
	{ "127.0.0.32", "CT", "click tracker", NULL },
	{ "127.0.0.64", "ABUSE", "spam and abuse", NULL },
	{ "127.0.0.128", "CR", "cracked site", clean_site },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code uribl_codes[] = {
	{ "127.0.0.2", "black", "advertised in spam", NULL },
	{ "127.0.0.4", "grey", "advertised in bulk mail", NULL },
	{ "127.0.0.8", "red", "observed, not yet judged", NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code abusix_codes[] = {
	{ "127.0.0.[2;3;200]", "black", "a source of spam", end_spam },
	{ "127.0.0.4", "exploit", "exploited host", end_infection },
	{ "127.0.0.11", "policy", "its reverse name is generic", "give it a reverse name of its own" },
	{ "127.0.0.12", "policy", "it has no reverse name", "give it a reverse name" },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code hostkarma_black[] = {
	{ "127.0.0.2", "black", "a source of spam", end_spam },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code hostkarma_other[] = {
	{ "127.0.0.1", "white", "trusted", NULL },
	{ "127.0.0.3", "yellow", "sends both mail and spam, as large providers do", NULL },
	{ "127.0.0.4", "brown", "not quite a spammer", NULL },
	{ "127.0.0.5", "NOBL", "to be on no blocklist", NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct dnsbl_code mailspike_codes[] = {
	{ "127.0.0.2", NULL, "spam in the last hours", NULL },
	{ "127.0.0.10", NULL, "worst reputation", NULL },
	{ "127.0.0.11", NULL, "very bad reputation", NULL },
	{ "127.0.0.12", NULL, "bad reputation", NULL },
	{ NULL, NULL, NULL, NULL },
};

const struct dnsbl_list dnsbl_lists[] = {
	/* usable by anybody */
	{ "psbl.surriel.com=127.0.0.2 family=4 url=https://psbl.org/listing?ip={target}",
	  DNSBL_DEFAULT, NULL, end_spam, false, NULL },
	/* any answer is a listing; of some the meaning is known */
	{ "dnsbl.dronebl.org family=4,6 url=https://dronebl.org/lookup?ip={target}",
	  DNSBL_DEFAULT, dronebl_codes, end_infection, false, NULL },
	{ "dnsbl-1.uceprotect.net=127.0.0.2 family=4 url=https://www.uceprotect.net/en/rblcheck.php?ipr={target}",
	  DNSBL_DEFAULT, NULL, do_not_pay, true, NULL },

	/* Spamhaus: from a resolver of one's own and at low volume, or with a key (DQS) */
	{ "zen.spamhaus.org=127.0.0.[2..7;9..11;30] family=4,6 url=https://check.spamhaus.org/?ip={target}",
	  DNSBL_SPAMHAUS, zen_codes, end_spam, false, NULL },
	{ "{key:dqs}.zen.dq.spamhaus.net=127.0.0.[2..7;9..11;30] family=4,6 url=https://check.spamhaus.org/?ip={target}",
	  DNSBL_SPAMHAUS, zen_codes, end_spam, false, "zen.spamhaus.org" },
	{ "dbl.spamhaus.org=127.0.1.[2;4..6;102..106] kind=domain refusal=127.0.1.255 url=https://check.spamhaus.org/results/?query={target}",
	  DNSBL_SPAMHAUS | DNSBL_PROFILE_DOMAIN, dbl_codes, end_spam, false, NULL },
	{ "{key:dqs}.dbl.dq.spamhaus.net=127.0.1.[2;4..6;102..106] kind=domain refusal=127.0.1.255 url=https://check.spamhaus.org/results/?query={target}",
	  DNSBL_SPAMHAUS | DNSBL_PROFILE_DOMAIN, dbl_codes, end_spam, false, "dbl.spamhaus.org" },

	/* free at low volume, each with terms of its own */
	{ "bl.spamcop.net=127.0.0.2 family=4 url=https://www.spamcop.net/w3m?action=checkblock&ip={target}",
	  DNSBL_COMMON, NULL, wait_for_it, true, NULL },
	{ "b.barracudacentral.org=127.0.0.2 family=4 url=https://www.barracudacentral.org/rbl/removal-request/{target}",
	  DNSBL_COMMON, NULL, end_spam, false, NULL },
	{ "bl.mailspike.net=127.0.0.[2;10..12] family=4 url=https://mailspike.io/ip_verify",
	  DNSBL_COMMON, mailspike_codes, end_spam, false, NULL },
	{ "bl.spameatingmonkey.net=127.0.0.2 family=4 url=https://spameatingmonkey.com/lookup/{target}",
	  DNSBL_COMMON, NULL, end_spam, false, NULL },
	{ "bl.ipv6.spameatingmonkey.net=127.0.0.2 family=6 scope=net test=none url=https://spameatingmonkey.com/lookup/{target}",
	  DNSBL_COMMON, NULL, end_spam, false, NULL },
	{ "all.s5h.net=127.0.0.2 family=4,6 url=https://www.usenix.org.uk/", DNSBL_COMMON, NULL,
	  end_spam, false, NULL },
	{ "truncate.gbudb.net=127.0.0.2 family=4 url=https://www.gbudb.com/truncate/", DNSBL_COMMON,
	  NULL, wait_for_it, true, NULL },
	{ "bl.blocklist.de family=4 url=https://www.blocklist.de/en/search.html?ip={target}",
	  DNSBL_COMMON, NULL, end_infection, false, NULL },
	{ "all.spamrats.com=127.0.0.[36..38;43] family=4 test=none url=https://www.spamrats.com/lookup.php?ip={target}",
	  DNSBL_COMMON, spamrats_codes, end_spam, false, NULL },
	{ "bl.nordspam.com=127.0.0.2 family=4,6 url=https://www.nordspam.com/", DNSBL_COMMON, NULL,
	  end_spam, false, NULL },
	{ "bl.0spam.org=127.0.0.2 family=4 url=https://0spam.org/", DNSBL_COMMON, NULL, end_spam,
	  false, NULL },
	{ "dnsbl.zapbl.net=127.0.0.2 family=4 url=https://zapbl.net/", DNSBL_COMMON, NULL, end_spam,
	  false, NULL },
	{ "bl.suomispam.net family=4,6 url=https://suomispam.net/", DNSBL_COMMON, NULL, end_spam,
	  false, NULL },
	{ "dnsrbl.swinog.ch family=4 url=https://antispam.imp.ch/", DNSBL_COMMON, NULL, end_spam,
	  false, NULL },

	/* context, no alarm */
	{ "dnsbl-2.uceprotect.net=127.0.0.2 family=4 type=info scope=net url=https://www.uceprotect.net/en/rblcheck.php?ipr={target}",
	  DNSBL_PROFILE_INFO, NULL, net_not_you, true, NULL },
	{ "dnsbl-3.uceprotect.net=127.0.0.2 family=4 type=info scope=asn url=https://www.uceprotect.net/en/rblcheck.php?ipr={target}",
	  DNSBL_PROFILE_INFO, NULL, net_not_you, true, NULL },
	{ "ips.backscatterer.org=127.0.0.2 family=4 type=info url=https://www.backscatterer.org/?ip={target}",
	  DNSBL_PROFILE_INFO, NULL, "refuse unknown recipients instead of bouncing later", true, NULL },
	/* two in one: only 127.0.0.2 is black, and the other codes are no blocklist */
	{ "hostkarma.junkemailfilter.com=127.0.0.2 family=4 test=none url=https://ipadmin.junkemailfilter.com/remove.php?ip={target}",
	  0, hostkarma_black, end_spam, false, NULL },
	{ "hostkarma.junkemailfilter.com=127.0.0.[1;3..5] family=4 type=info test=none url=https://ipadmin.junkemailfilter.com/remove.php?ip={target}",
	  DNSBL_PROFILE_INFO, hostkarma_other, NULL, false, NULL },
	{ "list.dnswl.org=127.0.[0..255].[0..3] family=4 type=allow test=none refusal=127.0.[0;10].[0..255] url=https://www.dnswl.org/s/?s={target}",
	  DNSBL_PROFILE_INFO, NULL, NULL, false, NULL },
	{ "wl.mailspike.net family=4 type=allow test=none url=https://mailspike.io/ip_verify",
	  DNSBL_PROFILE_INFO, NULL, NULL, false, NULL },

	/* for domains alone */
	{ "multi.surbl.org&0xfc kind=domain test=none url=https://surbl.org/surbl-analysis",
	  DNSBL_PROFILE_DOMAIN, surbl_codes, clean_site, false, NULL },
	{ "multi.uribl.com&0x0e kind=domain test=2.0.0.127 refusal=127.0.0.[1;3;5;7;9;11;13;15] url=https://admin.uribl.com/",
	  DNSBL_PROFILE_DOMAIN, uribl_codes, clean_site, false, NULL },
	{ "dbl.nordspam.com=127.0.0.2 kind=domain url=https://www.nordspam.com/", DNSBL_PROFILE_DOMAIN,
	  NULL, clean_site, false, NULL },
	{ "rhsbl.zapbl.net=127.0.0.2 kind=domain test=none url=https://zapbl.net/",
	  DNSBL_PROFILE_DOMAIN, NULL, clean_site, false, NULL },
	{ "uribl.spameatingmonkey.net kind=domain test=_dnsbl_.test,!_dnsblneg_.test url=https://spameatingmonkey.com/lookup/{target}",
	  DNSBL_PROFILE_DOMAIN, NULL, clean_site, false, NULL },

	/* the rest, for --profile all and as rows for -z */
	{ "bl.scientificspam.net=127.0.0.2 family=4 url=https://www.scientificspam.net/", 0, NULL,
	  end_spam, false, NULL },
	{ "rhsbl.scientificspam.net=127.0.1.2 kind=domain url=https://www.scientificspam.net/", 0,
	  NULL, end_spam, false, NULL },
	{ "dnsbl.kempt.net=127.0.0.2 family=4 url=https://www.kempt.net/", 0, NULL, end_spam, false,
	  NULL },
	{ "spamrbl.swinog.ch family=4 url=https://antispam.imp.ch/", 0, NULL, end_spam, false, NULL },
	{ "nbl.0spam.org=127.0.0.2 family=4 type=info scope=net url=https://0spam.org/", 0, NULL,
	  net_not_you, false, NULL },
	{ "{key:abusix}.combined.mail.abusix.zone=127.0.0.[2..4;11;12;200] family=4,6 url=https://lookup.abusix.com/search?q={target}",
	  0, abusix_codes, end_spam, false, NULL },
	{ NULL, 0, NULL, NULL, false, NULL },
};

const struct dnsbl_code dnsbl_refusals[] = {
	{ "127.255.255.252", NULL, "the list's name is mistyped", "correct the name of the zone" },
	{ "127.255.255.254", NULL, "the resolver is public, or has a generic name, and is not served",
	  "run a resolver of your own, or use a key (DQS)" },
	{ "127.255.255.255", NULL, "too many questions came from this resolver",
	  "ask less often, run a resolver of your own, or use a key (DQS)" },
	{ "127.255.255.250", NULL, "the key is switched off", "ask Spamhaus about the key" },
	{ "127.255.255.251", NULL, "the key belongs to somebody else", "check the key in --key-file" },
	{ "127.0.1.255", NULL, "a domain list was asked about an address",
	  "ask this list about domains only (--domain)" },
	{ NULL, NULL, NULL, NULL },
};

const struct dnsbl_dead dnsbl_dead_lists[] = {
	{ "*.sorbs.net", "shut down on 2024-06-05" },
	{ "ix.dnsbl.manitu.net", "empty since 2025-01" },
	{ "db.wpbl.info", "empty since 2023-11" },
	{ "cbl.abuseat.org", "now part of the XBL: use zen.spamhaus.org" },
	{ "bl.spamcannibal.org", "its domain expired in 2018, and then listed everybody" },
	{ "*.njabl.org", "shut down in 2013" },
	{ "*.ahbl.org", "lists everybody since 2015" },
	{ "*.dsbl.org", "shut down in 2008, later listed everybody" },
	{ "*.rfc-ignorant.org", "shut down in 2012" },
	{ "*.ordb.org", "shut down in 2006, later listed everybody" },
	{ "bl.emailbasura.org", "lists everybody since 2019" },
	{ "dnsbl.burnt-tech.com", "lists everybody since 2015" },
	{ "*.dul.ru", "lists everybody since 2015" },
	{ "dnsbl.solid.net", "its domain expired in 2013" },
	{ "spamtrap.drbl.drand.net", "lists everybody since 2024" },
	{ "spam.dnsbl.anonmails.de", "answers nonsense since 2024-11" },
	{ "dnsbl.inps.de", "shut down on 2020-05-25" },
	{ "rbl.megarbl.net", "its domain expired" },
	{ "*.dnsbl.net.au", "gone since 2022" },
	{ "*.dnsbl.sectoor.de", "answers nonsense since 2018" },
	{ "*.virbl.bit.nl", "shut down in 2017" },
	{ "virbl.dnsbl.bit.nl", "shut down in 2017" },
	{ "*.msrbl.net", "its domain is no longer the list's" },
	{ "wormrbl.imp.ch", "renamed to dnsrbl.swinog.ch" },
	{ "spamrbl.imp.ch", "renamed to spamrbl.swinog.ch" },
	{ "dnsbl.cyberlogic.net", "gone" },
	{ "rbl.suresupport.com", "gone" },
	{ "dynip.rothen.com", "gone" },
	{ "cidr.bl.mcafee.com", "gone" },
	{ "*.madavi.de", "gone" },
	{ "dnsbl.darklist.de", "gone" },
	{ "list.bbfh.org", "gone" },
	{ "dul.pacifier.net", "gone" },
	{ "tr.countries.nerd.dk", "gone" },
	{ "blackholes.five-ten-sg.com", "gone" },
	{ "*.anti-spam.org.cn", "gone" },
	{ "*.aupads.org", "gone" },
	{ "*.bl.gweep.ca", "gone" },
	{ "*.block.transip.nl", "gone" },
	{ "dnsbl.swiftbl.org", "gone" },
	{ "uribl.zeustracker.abuse.ch", "shut down in 2019-07" },
	{ "spamdown.org", "gone since 2026-03" },
	{ "badnets.spameatingmonkey.net", "empty since 2010" },
	{ "*.nszones.com", "a fake list with stolen data" },
	{ "bad.psky.me", "a fraud, says Spamhaus" },
	{ "sip.invaluement.com", "the public name lists everybody" },
	{ "ivmsip.invaluement.com", "the public name lists everybody" },
	{ NULL, NULL },
};
