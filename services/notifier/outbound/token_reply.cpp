#include "services/notifier/outbound/token_reply.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "common/json/reader.hpp"

namespace onput::notifier {
namespace {

bool is_bearer(std::string_view type) {
    return type.empty() || equal_ignoring_case(type, "bearer");
}

}  // namespace

Result<Token> read_token(std::string_view body) {
    const auto refuse = [](const char* what) { return fail(ErrorCode::invalid_argument, what); };
    const auto tree = json::read(body);
    if (!tree) return refuse("the authorization server's answer is no JSON");
    Token token{.text = tree->text_of("access_token"), .expires_in = token_age_default};
    const bool is_visible =
        std::ranges::all_of(token.text, [](char c) { return c > ' ' && c <= '~'; });
    if (token.text.empty() || token.text.size() > token_bytes_max || !is_visible) {
        return refuse("the authorization server's answer has no access_token");
    }
    if (!is_bearer(tree->text_of("token_type"))) {
        return refuse("the authorization server's token is no bearer's");
    }
    const json::Value* expires = tree->find("expires_in");
    if (expires != nullptr && expires->real()) {
        const double seconds_max = std::chrono::duration<double>(token_age_max).count();
        const double seconds = std::clamp(*expires->real(), 0.0, seconds_max);
        token.expires_in = std::chrono::seconds(static_cast<std::int64_t>(seconds));
    }
    return token;
}

}  // namespace onput::notifier
