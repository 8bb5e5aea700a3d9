/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http.h"

#include <curl/curl.h>
#include <string.h>

enum { HEADERS_MAX = 64 << 10 };

/* What comes, and why it was too much. */
struct incoming {
	struct text *reply;
	size_t limit, headers;
	const char *why;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct incoming *incoming = context;
	size_t len = size * count;

	if (incoming->reply->len + len > incoming->limit)
		incoming->why = "the reply is too long";
	else
		text_add_slice(incoming->reply, (struct slice){ bytes, len });
	if (text_failed(incoming->reply))
		incoming->why = "out of memory";
	return incoming->why == NULL ? len : 0;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
	struct incoming *incoming = context;

	(void)bytes;
	incoming->headers += size * count;
	if (incoming->headers > HEADERS_MAX)
		incoming->why = "the header of the reply is too long";
	return incoming->why == NULL ? size * count : 0;
}

/* "host:port:address,address" */
static struct curl_slist *name_peers(const struct http_request *request)
{
	struct text text = { 0 };
	struct curl_slist *list;

	text_add(&text, "%s:%u:", request->host, request->port);
	for (size_t i = 0; i < request->peer_count; i++) {
		char address[IP_TEXT];

		ip_print(&request->peers[i].ip, address);
		text_add(&text, request->peers[i].ip.version == 6 ? "%s[%s]" : "%s%s", i > 0 ? "," : "", address);
	}
	list = text_failed(&text) ? NULL : curl_slist_append(NULL, text_str(&text));
	text_release(&text);
	return list;
}

static void set_up(CURL *curl, const struct http_request *request, int64_t left_ms, struct curl_slist *headers,
		   struct curl_slist *peers, struct incoming *incoming, char *error)
{
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)(request->connect_ms < left_ms ? request->connect_ms : left_ms));
	curl_easy_setopt(curl, CURLOPT_RESOLVE, peers);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.at);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, incoming);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, incoming);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
}

static bool run(CURL *curl, const struct incoming *incoming, const char *error, const struct deadline *deadline,
		long *status, struct fault *fault)
{
	CURLcode code = curl_easy_perform(curl);

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	if (incoming->why != NULL)
		return fault_set(fault, FAULT_PROTOCOL, "%s", incoming->why);
	if (code == CURLE_OPERATION_TIMEDOUT && deadline_passed(deadline))
		return fault_set(fault, FAULT_TIMEOUT, "still waiting for it");
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT)
		return fault_set(fault, FAULT_NETWORK, "%s", *error != '\0' ? error : curl_easy_strerror(code));
	if (code != CURLE_OK)
		return fault_set(fault, FAULT_PROTOCOL, "%s", *error != '\0' ? error : curl_easy_strerror(code));
	return true;
}

bool http_post(const struct http_request *request, const struct deadline *deadline, long *status,
	       struct text *reply, struct fault *fault)
{
	struct incoming incoming = { .reply = reply, .limit = request->limit };
	/* libcurl waits before it sends a long body, and a type that it would invent is none. */
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:"), *peers = NULL;
	int left_ms = deadline_poll_ms(deadline, INT64_MAX);
	char error[CURL_ERROR_SIZE] = "";
	CURL *curl = NULL;
	bool good = false;

	headers = curl_slist_append(headers, "Content-Type:");
	for (size_t i = 0; i < request->header_count; i++)
		headers = curl_slist_append(headers, request->headers[i]);
	if (request->host != NULL && request->peer_count > 0)
		peers = name_peers(request);
	if (left_ms <= 0)
		fault_set(fault, FAULT_TIMEOUT, "still waiting for it");
	else if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (curl = curl_easy_init()) == NULL)
		fault_set(fault, FAULT_LOCAL, "libcurl does not start");
	else {
		set_up(curl, request, left_ms, headers, peers, &incoming, error);
		good = run(curl, &incoming, error, deadline, status, fault);
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_slist_free_all(peers);
	return good;
}
