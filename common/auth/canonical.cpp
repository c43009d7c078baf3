#include "common/auth/canonical.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr std::array<bool, 256> make_unreserved() {
    std::array<bool, 256> table{};
    for (char c = 'a'; c <= 'z'; ++c) table[static_cast<std::uint8_t>(c)] = true;
    for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<std::uint8_t>(c)] = true;
    for (char c = '0'; c <= '9'; ++c) table[static_cast<std::uint8_t>(c)] = true;
    for (const char c : {'-', '.', '_', '~'}) table[static_cast<std::uint8_t>(c)] = true;
    return table;
}
constexpr std::array<bool, 256> unreserved = make_unreserved();

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_byte(std::string& out, std::uint8_t byte) {
    static constexpr char digits[] = "0123456789ABCDEF";
    if (unreserved[byte]) {
        out += static_cast<char>(byte);
        return;
    }
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

void append_encoded(std::string& out, std::string_view text) {
    for (const char c : text) append_byte(out, static_cast<std::uint8_t>(c));
}

// Re-encodes what is encoded already, so that "%7e", "%7E" and "~" come out the same, and so do
// "%20" and "+", which S3 reads as a space in a path. False when a '%' is not followed by two
// hexadecimal digits.
bool append_recoded(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            append_byte(out, static_cast<std::uint8_t>(high * 16 + low));
            i += 2;
        } else if (c == '/') {
            out += c;
        } else if (c == '+') {
            append_byte(out, ' ');
        } else {
            append_byte(out, static_cast<std::uint8_t>(c));
        }
    }
    return true;
}

void append_encoded_twice(std::string& out, std::string_view path) {
    std::vector<std::string_view> segments;
    std::string_view rest = path;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        const std::string_view segment = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
    }
    for (const std::string_view segment : segments) {
        out += '/';
        append_encoded(out, segment);
    }
    if (segments.empty() || path.ends_with('/')) out += '/';
}

void append_query(std::string& out, const CanonicalInput& input) {
    std::vector<std::pair<std::string, std::string>> parameters;
    parameters.reserve(input.request.query.size());
    for (const auto& parameter : input.request.query) {
        if (parameter.name == input.left_out_parameter) continue;
        auto& [name, value] = parameters.emplace_back();
        append_encoded(name, parameter.name);
        append_encoded(value, parameter.value);
    }
    // By name, then value: sorting "name=value" texts would put "a-b=" before "a=".
    std::ranges::sort(parameters);
    bool first = true;
    for (const auto& [name, value] : parameters) {
        if (!first) out += '&';
        first = false;
        out += name;
        out += '=';
        out += value;
    }
}

// Trimmed, and each run of white space inside as one space.
void append_value(std::string& out, std::string_view value) {
    bool in_space = false;
    for (const char c : trimmed(value)) {
        const bool is_space = c == ' ' || c == '\t';
        if (is_space && in_space) continue;
        out += is_space ? ' ' : c;
        in_space = is_space;
    }
}

void append_headers(std::string& out, const CanonicalInput& input) {
    std::string_view rest = input.signed_headers;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view name = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        out += name;
        out += ':';
        bool first = true;
        const std::string_view sent = name == signed_authority ? "host" : name;
        for (const Header& header : input.request.headers) {
            if (!equal_ignoring_case(header.name, sent)) continue;
            if (!first) out += ',';
            first = false;
            append_value(out, header.value);
        }
        out += '\n';
    }
}

}  // namespace

PathEncoding path_encoding_of(std::string_view service) {
    // "s3", and its relatives "s3-object-lambda", "s3-outposts", "s3express".
    return service.starts_with("s3") ? PathEncoding::once : PathEncoding::twice;
}

Result<std::string> canonical_request(const CanonicalInput& input) {
    std::string out;
    out.reserve(512 + input.request.path.size() + input.request.query.size());
    out += input.request.method;
    out += '\n';
    if (input.request.path.empty()) {
        out += '/';
    } else if (input.path_encoding == PathEncoding::twice) {
        append_encoded_twice(out, input.request.path);
    } else if (!append_recoded(out, input.request.path)) {
        return fail(ErrorCode::invalid_argument, "Couldn't parse the specified URI.",
                    "invalid_uri");
    }
    out += '\n';
    append_query(out, input);
    out += '\n';
    append_headers(out, input);
    out += '\n';
    out += input.signed_headers;
    out += '\n';
    out += input.payload;
    return out;
}

}  // namespace onput::auth
