#include "common/auth/claim.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/auth/canonical.hpp"
#include "common/auth/credentials.hpp"
#include "common/auth/sigv2.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view terminal = "aws4_request";
constexpr std::size_t signature_digits = 64;

bool is_lower_hex(std::string_view text) {
    return text.size() == signature_digits && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool is_scope_part(std::string_view text) {
    return !text.empty() && text.size() <= scope_part_bytes_max &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

std::unexpected<Error> header_malformed(std::string_view what) {
    return fail(ErrorCode::invalid_argument,
                "The authorization header is malformed; " + std::string(what),
                "authorization_header_malformed");
}

std::unexpected<Error> query_malformed(std::string_view what) {
    return fail(ErrorCode::invalid_argument, std::string(what),
                "authorization_query_parameters_error");
}

std::unexpected<Error> malformed(Scheme scheme, std::string_view what) {
    return scheme == Scheme::sigv4_header ? header_malformed(what) : query_malformed(what);
}

std::unexpected<Error> credential_malformed(Scheme scheme, std::string_view what) {
    const auto& [text, reason] = credential_refusal(scheme);
    return fail(ErrorCode::invalid_argument, fmt::format("{}{}", text, what), std::string(reason));
}

// "AKID/20130524/us-east-1/s3/aws4_request", read from the right because keys may hold slashes.
Result<void> parse_credential(std::string_view text, Claim& claim) {
    std::array<std::string_view, 4> parts;
    std::string_view rest = text;
    bool fits = true;
    for (std::size_t i = parts.size(); i-- > 0 && fits;) {
        const std::size_t slash = rest.rfind('/');
        fits = slash != std::string_view::npos;
        if (!fits) break;
        parts[i] = rest.substr(slash + 1);
        rest = rest.substr(0, slash);
    }
    fits = fits && !rest.empty() && rest.size() <= access_key_bytes_max &&
           std::ranges::all_of(parts, is_scope_part);
    if (!fits) {
        return credential_malformed(claim.scheme,
                                    "the Credential is mal-formed; expecting "
                                    "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    }
    if (parts[3] != terminal) {
        return credential_malformed(
            claim.scheme, fmt::format("incorrect terminal \"{}\". This endpoint uses \"{}\".",
                                      parts[3], terminal));
    }
    claim.access_key = rest;
    claim.scope = {.date = std::string(parts[0]),
                   .region = std::string(parts[1]),
                   .service = std::string(parts[2])};
    return {};
}

Result<void> parse_signed_headers(std::string_view text, Claim& claim) {
    std::size_t count = 0;
    bool has_host = false;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view name = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const bool is_name = !name.empty() && std::ranges::all_of(name, [](char c) {
            return c > ' ' && c < 0x7f && c != ':' && !(c >= 'A' && c <= 'Z');
        });
        const bool is_authority = name == signed_authority;
        if ((!is_name && !is_authority) || ++count > signed_headers_max) {
            return malformed(claim.scheme,
                             "SignedHeaders is not a list of lower-case header names");
        }
        has_host = has_host || name == "host" || is_authority;
    }
    if (!has_host) return malformed(claim.scheme, "SignedHeaders must name the host header");
    claim.signed_headers = text;
    return {};
}

bool is_signed(std::string_view signed_headers, std::string_view name) {
    std::string_view rest = signed_headers;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        if (equal_ignoring_case(rest.substr(0, end), name)) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

// An x-amz- header outside the signature could have been added on the way: a storage class, a copy
// source, an ACL. It would change what the signer asked for.
// The payload's hash is signed as such, whether its header is or not.
Result<void> check_amz_headers_are_signed(const RequestView& request, const Claim& claim) {
    std::vector<std::string> names;
    for (const Header& header : request.headers) {
        if (!starts_with_ignoring_case(header.name, "x-amz-")) continue;
        if (equal_ignoring_case(header.name, "x-amz-content-sha256")) continue;
        if (!is_signed(claim.signed_headers, header.name)) names.push_back(lower_case(header.name));
    }
    if (names.empty()) return {};
    Error error{.code = ErrorCode::permission_denied,
                .message = "There were headers present in the request which were not signed",
                .reason = "headers_not_signed"};
    error.details.emplace_back("HeadersNotSigned", fmt::format("{}", fmt::join(names, ", ")));
    return std::unexpected(std::move(error));
}

// A signature covers a repeated header as one, its values joined by commas. Who splits the signer's
// one header in two would choose what is acted on, so headers of meaning come once. Metadata may
// repeat: it is only kept. So may lists of names, which SDKs send a line each: they are a set.
Result<void> check_headers_come_once(const RequestView& request) {
    const auto is_of_meaning = [](std::string_view name) {
        static constexpr std::array<std::string_view, 4> names{"authorization", "content-md5",
                                                               "content-type", "date"};
        if (starts_with_ignoring_case(name, "x-amz-meta-")) return false;
        if (equal_ignoring_case(name, "x-amz-object-attributes")) return false;
        if (equal_ignoring_case(name, "x-amz-optional-object-attributes")) return false;
        if (starts_with_ignoring_case(name, "x-amz-")) return true;
        return std::ranges::any_of(
            names, [name](std::string_view known) { return equal_ignoring_case(name, known); });
    };
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        const std::string_view name = request.headers[i].name;
        if (!is_of_meaning(name)) continue;
        for (const Header& earlier : request.headers.first(i)) {
            if (!equal_ignoring_case(earlier.name, name)) continue;
            return fail(ErrorCode::invalid_argument,
                        fmt::format("The header {} is there twice; send it once.", name),
                        "repeated_header");
        }
    }
    return {};
}

Result<Payload> parse_payload(std::string_view token) {
    static constexpr std::array<std::pair<std::string_view, PayloadKind>, 4> kinds{{
        {"UNSIGNED-PAYLOAD", PayloadKind::unsigned_payload},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", PayloadKind::signed_chunks},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", PayloadKind::signed_chunks_trailer},
        {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", PayloadKind::unsigned_chunks_trailer},
    }};
    for (const auto& [name, kind] : kinds) {
        if (token == name) return Payload{.kind = kind, .token = std::string(token)};
    }
    if (is_lower_hex(token)) {
        return Payload{.kind = PayloadKind::sha256, .token = std::string(token)};
    }
    Error error{.code = ErrorCode::invalid_argument,
                .message =
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                    "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid sha256 value.",
                .reason = "invalid_content_sha256"};
    error.details.emplace_back("ArgumentName", "x-amz-content-sha256");
    error.details.emplace_back("ArgumentValue", std::string(token.substr(0, 128)));
    return std::unexpected(std::move(error));
}

bool is_s3(const Claim& claim) {
    return path_encoding_of(claim.scope.service) == PathEncoding::once;
}

// x-amz-date wins over Date, whose form is HTTP's or SigV4's.
Result<Timestamp> parse_request_time(const RequestView& request) {
    if (const auto text = find_header(request, "x-amz-date")) {
        if (auto time = parse_iso8601_basic(*text)) return time;
    } else if (const auto date = find_header(request, "date")) {
        if (auto time = parse_http_date(*date)) return time;
        if (auto time = parse_iso8601_basic(*date)) return time;
    }
    return fail(ErrorCode::permission_denied,
                "AWS authentication requires a valid Date or x-amz-date header", "access_denied");
}

struct AuthorizationFields {
    std::string_view credential;
    std::string_view signed_headers;
    std::string_view signature;
};

// "Credential=..., SignedHeaders=..., Signature=...", in any order, spaces optional.
Result<AuthorizationFields> split_authorization(std::string_view text) {
    AuthorizationFields fields;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        const std::string_view item = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = std::min(item.find('='), item.size());
        const std::string_view name = item.substr(0, equals);
        const std::string_view value = item.substr(std::min(equals + 1, item.size()));
        std::string_view* field = nullptr;
        if (name == "Credential") field = &fields.credential;
        if (name == "SignedHeaders") field = &fields.signed_headers;
        if (name == "Signature") field = &fields.signature;
        if (field == nullptr) return header_malformed("it holds something unknown.");
        if (!field->empty()) return header_malformed("it names one component twice.");
        *field = value;
    }
    if (fields.credential.empty()) return header_malformed("missing Credential.");
    if (fields.signed_headers.empty()) return header_malformed("missing SignedHeaders.");
    if (fields.signature.empty()) return header_malformed("missing Signature.");
    return fields;
}

std::unexpected<Error> unsupported_authorization(std::string_view value) {
    const std::string_view type = value.substr(0, value.find(' '));
    if (type.starts_with("AWS4-")) {
        return fail(ErrorCode::invalid_argument,
                    "The authorization mechanism you have provided is not supported. "
                    "Please use AWS4-HMAC-SHA256.",
                    "authorization_mechanism_not_supported");
    }
    Error error{.code = ErrorCode::invalid_argument,
                .message = "Unsupported Authorization Type",
                .reason = "unsupported_authorization_type"};
    error.details.emplace_back("ArgumentName", "Authorization");
    // Only its type: what follows may be somebody's password.
    error.details.emplace_back("ArgumentValue", std::string(type.substr(0, 64)));
    return std::unexpected(std::move(error));
}

Result<void> check_scope_date(const Claim& claim) {
    const std::string day = format_iso8601_basic(claim.signed_at).substr(0, 8);
    if (claim.scope.date == day) return {};
    return malformed(claim.scheme, "Invalid credential date \"" + claim.scope.date +
                                       "\". This date is not the same as X-Amz-Date: \"" + day +
                                       "\".");
}

Result<Claim> parse_header_form(const RequestView& request, std::string_view authorization) {
    if (authorization == "AWS" || authorization.starts_with("AWS ")) {
        return parse_sigv2_header(request, authorization);
    }
    if (!authorization.starts_with(algorithm) || authorization.size() <= algorithm.size() ||
        authorization[algorithm.size()] != ' ') {
        return unsupported_authorization(authorization);
    }
    ONPUT_TRY(const auto fields, split_authorization(authorization.substr(algorithm.size())));
    Claim claim;
    claim.scheme = Scheme::sigv4_header;
    ONPUT_TRY_VOID(parse_credential(fields.credential, claim));
    ONPUT_TRY_VOID(parse_signed_headers(fields.signed_headers, claim));
    if (!is_lower_hex(fields.signature)) {
        return header_malformed("the Signature is not 64 hexadecimal digits.");
    }
    claim.signature = fields.signature;
    ONPUT_TRY(claim.signed_at, parse_request_time(request));
    ONPUT_TRY_VOID(check_scope_date(claim));
    ONPUT_TRY_VOID(check_amz_headers_are_signed(request, claim));
    if (const auto token = find_header(request, "x-amz-content-sha256")) {
        ONPUT_TRY(claim.payload, parse_payload(*token));
    } else if (is_s3(claim)) {
        return fail(ErrorCode::invalid_argument,
                    "Missing required header for this request: x-amz-content-sha256",
                    "missing_security_header");
    }
    return claim;
}

struct QueryField {
    std::string_view text;
    bool is_there = false;
};

struct QueryFields {
    QueryField algorithm;
    QueryField credential;
    QueryField date;
    QueryField expires;
    QueryField signed_headers;
    QueryField signature;
    QueryField content_sha256;
    QueryField sigv2_access_key;
    QueryField sigv2_signature;  // Found so that a second one is.
    QueryField sigv2_expires;

    [[nodiscard]] bool is_sigv4() const {
        return algorithm.is_there || signature.is_there || credential.is_there;
    }
    [[nodiscard]] bool is_sigv2() const { return sigv2_access_key.is_there; }
    [[nodiscard]] bool is_complete() const {
        return algorithm.is_there && credential.is_there && date.is_there && expires.is_there &&
               signed_headers.is_there && signature.is_there;
    }
};

// False when one is there twice: which of them is meant would be a guess.
bool find_query_fields(std::span<const QueryParameter> query, QueryFields& fields) {
    const std::array<std::pair<std::string_view, QueryField*>, 10> table{{
        {"X-Amz-Algorithm", &fields.algorithm},
        {"X-Amz-Credential", &fields.credential},
        {"X-Amz-Date", &fields.date},
        {"X-Amz-Expires", &fields.expires},
        {"X-Amz-SignedHeaders", &fields.signed_headers},
        {"X-Amz-Signature", &fields.signature},
        {"X-Amz-Content-Sha256", &fields.content_sha256},
        {"AWSAccessKeyId", &fields.sigv2_access_key},
        {"Signature", &fields.sigv2_signature},
        {"Expires", &fields.sigv2_expires},
    }};
    for (const auto& parameter : query) {
        // Most queries hold none of these: one look at the first letter spares the comparisons.
        if (!std::string_view("XASE").contains(parameter.name.substr(0, 1))) continue;
        for (const auto& [name, field] : table) {
            if (parameter.name != name) continue;
            if (field->is_there) return false;
            *field = {.text = parameter.value, .is_there = true};
        }
    }
    return true;
}

Result<Duration> parse_lifetime(std::string_view text) {
    std::int64_t seconds = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc::invalid_argument || stop != text.data() + text.size()) {
        return query_malformed("X-Amz-Expires should be a number");
    }
    if (error == std::errc() && seconds < 1) {
        return query_malformed("X-Amz-Expires must be a positive number of seconds");
    }
    if (error != std::errc() || seconds > presign_lifetime_max.count()) {
        return query_malformed(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
            "must be less than 604800 seconds");
    }
    return std::chrono::seconds(seconds);
}

// The payload's hash is in the query, in a signed header, or (S3) the body is not signed.
Result<Payload> parse_query_payload(const RequestView& request, const QueryFields& fields,
                                    const Claim& claim) {
    if (fields.content_sha256.is_there) {
        return parse_payload(fields.content_sha256.text);
    }
    if (const auto token = find_header(request, "x-amz-content-sha256")) {
        return parse_payload(*token);
    }
    return is_s3(claim) ? parse_payload("UNSIGNED-PAYLOAD") : Payload{};
}

Result<Claim> parse_query_form(const RequestView& request, const QueryFields& fields) {
    if (!fields.is_complete()) {
        return query_malformed(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
    }
    if (fields.algorithm.text != algorithm) {
        return query_malformed("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    }
    Claim claim;
    claim.scheme = Scheme::sigv4_query;
    ONPUT_TRY_VOID(parse_credential(fields.credential.text, claim));
    ONPUT_TRY_VOID(parse_signed_headers(fields.signed_headers.text, claim));
    claim.signature = fields.signature.text;
    if (!is_lower_hex(claim.signature)) {
        return query_malformed("X-Amz-Signature is not 64 hexadecimal digits");
    }
    const auto signed_at = parse_iso8601_basic(fields.date.text);
    if (!signed_at) {
        return query_malformed(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    }
    claim.signed_at = *signed_at;
    ONPUT_TRY_VOID(check_scope_date(claim));
    ONPUT_TRY(const Duration lifetime, parse_lifetime(fields.expires.text));
    claim.expires_at = claim.signed_at + lifetime;
    ONPUT_TRY_VOID(check_amz_headers_are_signed(request, claim));
    ONPUT_TRY(claim.payload, parse_query_payload(request, fields, claim));
    return claim;
}

Result<Claim> no_signature() {
    return fail(ErrorCode::permission_denied, "Access Denied", "access_denied");
}

std::optional<std::string> find_security_token(const RequestView& request) {
    constexpr std::string_view name = "x-amz-security-token";
    if (const auto header = find_header(request, name)) return std::string(*header);
    const auto found = std::ranges::find_if(request.query, [name](const QueryParameter& parameter) {
        return equal_ignoring_case(parameter.name, name);
    });
    if (found == request.query.end()) return std::nullopt;
    return found->value;
}

}  // namespace

CredentialRefusal credential_refusal(Scheme scheme) {
    if (scheme == Scheme::sigv4_header)
        return {"The authorization header is malformed; ", "authorization_header_malformed"};
    return {"Error parsing the X-Amz-Credential parameter; ",
            "authorization_query_parameters_error"};
}

bool is_anonymous(const RequestView& request) {
    if (find_header(request, "authorization")) return false;
    QueryFields fields;
    // A query that names one of them twice is signed as well, if badly.
    if (!find_query_fields(request.query, fields)) return false;
    return !fields.is_sigv4() && !fields.is_sigv2();
}

Result<Payload> payload_of_anonymous(const RequestView& request) {
    const auto token = find_header(request, "x-amz-content-sha256");
    if (!token) return Payload{.kind = PayloadKind::unsigned_payload, .token = {}};
    ONPUT_TRY(auto payload, parse_payload(*token));
    const bool is_signed = payload.kind == PayloadKind::signed_chunks ||
                           payload.kind == PayloadKind::signed_chunks_trailer;
    if (is_signed) return fail(ErrorCode::permission_denied, "Access Denied", "access_denied");
    return payload;
}

Result<Claim> parse_claim(const RequestView& request) {
    ONPUT_TRY_VOID(check_headers_come_once(request));
    QueryFields fields;
    if (!find_query_fields(request.query, fields)) {
        return query_malformed("a signature parameter is there twice");
    }
    const auto authorization = find_header(request, "authorization");
    const int mechanisms = static_cast<int>(authorization.has_value()) +
                           static_cast<int>(fields.is_sigv4()) +
                           static_cast<int>(fields.is_sigv2());
    if (mechanisms > 1) {
        return fail(ErrorCode::invalid_argument,
                    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
                    "Signature query string parameter or the Authorization header should be "
                    "specified",
                    "several_auth_mechanisms");
    }
    auto claim = authorization       ? parse_header_form(request, *authorization)
                 : fields.is_sigv4() ? parse_query_form(request, fields)
                 : fields.is_sigv2() ? parse_sigv2_query(request)
                                     : no_signature();
    if (claim) claim->security_token = find_security_token(request);
    return claim;
}

}  // namespace onput::auth
