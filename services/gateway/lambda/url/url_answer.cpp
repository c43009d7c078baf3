#include "services/gateway/lambda/url/url_answer.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::gateway::lambda {
namespace {

constexpr std::string_view json_type = "application/json";

std::unexpected<Error> wrong(std::string what) {
    return fail(ErrorCode::corruption, "the handler's answer " + std::move(what));
}

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    const auto fits = [marks](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.contains(c);
    };
    return !text.empty() && std::ranges::all_of(text, fits);
}

// Without what could end a header.
bool is_header_value(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
}

// An integer, or the same as a text, as API Gateway takes it too.
std::optional<int> read_status(const json::Value& value) {
    std::int64_t status = 0;
    if (const auto* number = value.integer()) {
        status = *number;
    } else if (const auto* text = value.text()) {
        const auto* end = text->data() + text->size();
        const auto read = std::from_chars(text->data(), end, status);
        if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    }
    if (status < url_status_min || status > url_status_max) return std::nullopt;
    return static_cast<int>(status);
}

// Numbers and flags are taken as their texts.
std::optional<std::string> text_of(const json::Value& value) {
    if (const auto* text = value.text()) return *text;
    if (value.is_null() || value.array() != nullptr || value.object() != nullptr)
        return std::nullopt;
    return json::write(value);
}

class Reader {
public:
    Result<http::Response> read(const json::Value& answer) {
        const auto status = read_status(*answer.find("statusCode"));
        if (!status)
            return wrong(fmt::format("has a statusCode that is none of {} to {}", url_status_min,
                                     url_status_max));
        response_.head.status = *status;
        if (const auto* headers = answer.find("headers")) ONPUT_TRY_VOID(read_headers(*headers));
        if (const auto* cookies = answer.find("cookies")) ONPUT_TRY_VOID(read_cookies(*cookies));
        if (head_bytes_ > url_answer_head_bytes_max)
            return wrong(fmt::format("has more than {} bytes of headers and cookies",
                                     url_answer_head_bytes_max));
        ONPUT_TRY_VOID(read_body(answer));
        if (!has_type_) add("content-type", std::string(json_type));
        return std::move(response_);
    }

private:
    void add(std::string name, std::string value) {
        head_bytes_ += name.size() + value.size();
        response_.head.headers.emplace_back(std::move(name), std::move(value));
    }

    Result<void> read_headers(const json::Value& headers) {
        if (headers.is_null()) return {};
        if (headers.object() == nullptr) return wrong("has headers that are no object");
        for (const auto& [name, value] : *headers.object()) {
            auto text = text_of(value);
            if (!is_token(name)) return wrong("has a header whose name is none");
            if (!text || !is_header_value(*text))
                return wrong(fmt::format("has a header {} whose value is none", name));
            has_type_ = has_type_ || equal_ignoring_case(name, "content-type");
            add(name, *std::move(text));
        }
        return {};
    }

    Result<void> read_cookies(const json::Value& cookies) {
        if (cookies.is_null()) return {};
        if (cookies.array() == nullptr) return wrong("has cookies that are no list");
        for (const auto& cookie : *cookies.array()) {
            if (cookie.text() == nullptr || !is_header_value(*cookie.text()))
                return wrong("has a cookie that is no text of one line");
            add("set-cookie", *cookie.text());
        }
        return {};
    }

    Result<void> read_body(const json::Value& answer) {
        const auto* body = answer.find("body");
        if (body == nullptr || body->is_null()) return {};
        if (body->text() == nullptr) return wrong("has a body that is no text");
        const auto* encoded = answer.find("isBase64Encoded");
        const bool is_encoded =
            encoded != nullptr && encoded->flag() != nullptr && *encoded->flag();
        if (!is_encoded) {
            response_.body = *body->text();
            return {};
        }
        auto decoded = from_base64(*body->text());
        if (!decoded) return wrong("says that its body is base64, and it is not");
        response_.body = *std::move(decoded);
        return {};
    }

    http::Response response_;
    std::size_t head_bytes_ = 0;
    bool has_type_ = false;
};

}  // namespace

Result<http::Response> read_url_answer(std::string_view payload) {
    const auto answer = json::read(payload, {.values_max = url_answer_values_max});
    if (!answer) return wrong("is " + json::explain(answer.error()));
    const auto* status = answer->find("statusCode");
    if (status != nullptr && !status->is_null()) return Reader().read(*answer);
    http::Response response;
    response.head.headers.emplace_back("content-type", json_type);
    response.body = payload;
    return response;
}

}  // namespace onput::gateway::lambda
