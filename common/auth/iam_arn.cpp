#include "common/auth/iam_arn.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "common/auth/credentials.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::auth {
namespace {

constexpr std::size_t account_digits = 12;
constexpr std::string_view iam_prefix = "arn:aws:iam::";
constexpr std::string_view user_id_prefix = "AIDA";
constexpr std::size_t user_id_characters = 17;  // Behind the prefix.

// What stands behind so many colons.
std::string_view part_of(std::string_view arn, int colons) {
    for (; colons > 0; --colons) {
        const auto colon = arn.find(':');
        if (colon == std::string_view::npos) return {};
        arn.remove_prefix(colon + 1);
    }
    return arn.substr(0, arn.find(':'));
}

}  // namespace

std::string_view region_in_arn(std::string_view arn) {
    return part_of(arn, 3);
}

std::string_view account_in_arn(std::string_view arn) {
    return part_of(arn, 4);
}

bool is_account(std::string_view text) {
    return text.size() == account_digits &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<IamArn> parse_iam_arn(std::string_view text) {
    if (!text.starts_with(iam_prefix)) return {};
    text.remove_prefix(iam_prefix.size());
    const std::string_view account = text.substr(0, account_digits);
    if (!is_account(account) || !text.substr(account_digits).starts_with(':')) return {};
    return IamArn{.account = account, .name = text.substr(account_digits + 1)};
}

std::string canonical_user_id(std::string_view account) {
    if (account == anonymous_account) return "65a011a29cdf8ec533ec3d1ccaae921c";
    return to_hex(
        Digest::of(DigestAlgorithm::sha256, fmt::format("onput canonical user {}", account)));
}

std::string user_id(const UserName& name) {
    if (name.user.empty()) return std::string(name.account);
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const std::string hash = Digest::of(DigestAlgorithm::sha256,
                                        fmt::format("onput user {}/{}", name.account, name.user));
    std::string id(user_id_prefix);
    for (std::size_t i = 0; i < user_id_characters; ++i)
        id += digits[static_cast<unsigned char>(hash[i]) % digits.size()];
    return id;
}

}  // namespace onput::auth
