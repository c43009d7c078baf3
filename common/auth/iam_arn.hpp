// Names of accounts, users and what is theirs, as AWS writes them. Pure; what is returned borrows
// from the input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onput::auth {

// Twelve digits.
bool is_account(std::string_view text);

// What "arn:aws:iam::ACCOUNT:..." names: the account, and what follows the colon.
struct IamArn {
    std::string_view account;
    std::string_view name;
};
std::optional<IamArn> parse_iam_arn(std::string_view text);

// The region and the account of any "arn:PARTITION:SERVICE:REGION:ACCOUNT:...". Empty: it has none,
// or is no such name.
std::string_view region_in_arn(std::string_view arn);
std::string_view account_in_arn(std::string_view arn);

// In place of an account, what nobody's unsigned requests have written is owned by.
inline constexpr std::string_view anonymous_account = "anonymous";

// An account as S3 shows it: 64 hexadecimal digits, always the same ones; nobody has AWS's 32.
std::string canonical_user_id(std::string_view account);

// A user as aws:userid has him: 21 characters, always the same ones. Of an account: the account.
struct UserName {
    std::string_view account;
    std::string_view user;  // Empty: the account itself.
};
std::string user_id(const UserName& name);

}  // namespace onput::auth
