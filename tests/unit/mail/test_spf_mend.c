/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_mend.h"

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *records, *mended;
} cases[] = {
	{ "", "v=spf1 ~all" },
	{ "v=spf1 a mx -all", "v=spf1 a mx -all" },
	{ "v=spf1 a", "v=spf1 a ~all" },
	{ "V=SPF1 A -ALL", "v=spf1 A -ALL" },
	{ "nothing of it", "v=spf1 ~all" },
	/* dressed up */
	{ "\"v=spf1 a mx -all\"", "v=spf1 a mx -all" },
	{ " \tv=spf1\ta   mx\r -all ", "v=spf1 a mx -all" },
	{ "v=spf1, a, mx; -all;", "v=spf1 a mx -all" },
	{ "txt=v=spf1 'a' \"mx\" -all", "v=spf1 a mx -all" },
	/* misspelt */
	{ "v=spf1 ipv4:192.0.2.1 -IPV6:2001:db8::1 ip:192.0.2.2 -all",
	  "v=spf1 ip4:192.0.2.1 -ip6:2001:db8::1 ip4:192.0.2.2 -all" },
	{ "v=spf1 ip4=192.0.2.1/24 ip6=::1 include=a.b a=c.d mx=e.f redirect:g.h",
	  "v=spf1 ip4:192.0.2.1/24 ip6:::1 include:a.b a:c.d mx:e.f redirect=g.h" },
	{ "v=spf1 ip4:::1 ip6:192.0.2.1 a:192.0.2.2 mx:192.0.2.3/24 a:::2 192.0.2.4 2001:db8::/32 -all",
	  "v=spf1 ip6:::1 ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3/24 ip6:::2 ip4:192.0.2.4 "
	  "ip6:2001:db8::/32 -all" },
	{ "v=spf1 ~192.0.2.1 -all", "v=spf1 ~ip4:192.0.2.1 -all" },
	{ "v=spf1 moo include: a/33 ip4:1 x=y %{i} ; \xe2\x82\xac -all", "v=spf1 -all" },
	/* said twice, not reached (5.1), or better not said (5.5) */
	{ "v=spf1 a A mx a -all", "v=spf1 a mx -all" },
	{ "v=spf1 a ptr ptr:h.example -all", "v=spf1 a -all" },
	{ "v=spf1 a -all mx ~all", "v=spf1 a -all" },
	{ "v=spf1 redirect=a.b -all", "v=spf1 -all" },
	{ "v=spf1 redirect=a.b redirect=c.d", "v=spf1 redirect=a.b" },
	/* 6: an explanation may stand anywhere, and there is one */
	{ "v=spf1 -all exp=a.b", "v=spf1 exp=a.b -all" },
	{ "v=spf1 exp=a.b exp=c.d -all", "v=spf1 exp=a.b -all" },
	{ "v=spf1 exp=a.b -all\nv=spf1 exp=c.d -all", "v=spf1 exp=a.b -all" },
	/* several */
	{ "v=spf1 a -all\nv=spf1 mx ~all", "v=spf1 a mx -all" },
	{ "v=spf1 a\nv=spf1 mx ~all", "v=spf1 a mx ~all" },
	{ "v=spf1 a redirect=a.b\nv=spf1 mx ~all", "v=spf1 a mx ~all" },
	{ "v=spf1 a -all\nv=spf1 ~all mx", "v=spf1 a -all" },
	{ "v=spf1 a -all\na note\n\nspf2.0/pra mx -all", "v=spf1 a -all" },
};

START_TEST(makes_one_good_record)
{
	struct slice records = exact_text(cases[_i].records);
	struct text mended = { 0 };
	struct fault fault = { .text = "" };

	spf_mend(records, NULL, "~all", &mended);
	ck_assert_str_eq(text_str(&mended), cases[_i].mended);
	ck_assert_msg(spf_record_check(text_slice(&mended), &fault), "%s", fault.text);
	text_release(&mended);
	exact_free(records);
}
END_TEST

START_TEST(allows_an_address_once)
{
	static const struct {
		const char *address, *records, *mended;
	} more[] = {
		{ "192.0.2.1", "v=spf1 a -all", "v=spf1 ip4:192.0.2.1 a -all" },
		{ "2001:db8::1", "v=spf1 IP6:2001:db8::1 a", "v=spf1 ip6:2001:db8::1 a -all" },
		{ "192.0.2.1", "", "v=spf1 ip4:192.0.2.1 -all" },
	};

	for (size_t i = 0; i < COUNT(more); i++) {
		struct text mended = { 0 };
		struct ip ip;

		ck_assert(ip_parse(slice_of(more[i].address), &ip));
		spf_mend(slice_of(more[i].records), &ip, "-all", &mended);
		ck_assert_str_eq(text_str(&mended), more[i].mended);
		text_release(&mended);
	}
}
END_TEST

Suite *suite_spf_mend(void);
Suite *suite_spf_mend(void)
{
	Suite *suite = suite_create("spf_mend");
	TCase *tcase = tcase_create("spf_mend");

	ADD_TABLE(tcase, makes_one_good_record, cases);
	tcase_add_test(tcase, allows_an_address_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
