// What a function URL's Cors configuration lets pages of other origins do. Pure.
//
// Without a configuration the handler answers all by itself, OPTIONS included. With one, it is
// never asked about OPTIONS of a browser, and what it says itself in such headers is replaced.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/schema/function_url.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::lambda {

using Headers = std::vector<std::pair<std::string, std::string>>;

// A browser asks what a page may do, before it sends the page's request.
bool is_preflight(const http::RequestHead& head);

// Whether the page of the Origin may send the request, or the one that it asks about.
bool admits_page(const schema::FunctionUrlCors& cors, const http::RequestHead& head);

// The headers of an answer, a preflight's or another one. Of a page that is not admitted they let
// nobody read it.
Headers cors_headers(const schema::FunctionUrlCors& cors, const http::RequestHead& head);

// Access-Control-..., which only a configuration may say where there is one.
bool is_cors_header(std::string_view name);

}  // namespace onput::gateway::lambda
