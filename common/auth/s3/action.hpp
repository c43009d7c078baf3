// The actions of S3 that a bucket's policy may speak of, numbered, so that a statement's actions
// are a set of bits. The numbers are of one process only: on wires and in stores an action is its
// name. Pure.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace onput::auth {

enum class S3Target : std::uint8_t { bucket, object };

// "GetObject", without "s3:".
struct S3Action {
    std::uint8_t number = 0;

    [[nodiscard]] std::string_view name() const;
    // What it is done to. Its resource's ARN has a key or not.
    [[nodiscard]] S3Target target() const;

    friend bool operator==(const S3Action&, const S3Action&) = default;
};

inline constexpr std::size_t s3_actions_max = 128;
using S3ActionSet = std::bitset<s3_actions_max>;

// Nothing when S3 has no such action for a bucket or what is in it. Cases matter.
std::optional<S3Action> find_s3_action(std::string_view name);

// All that fit a policy's text: "s3:GetObject", "s3:Get*" or "*", in any case.
S3ActionSet match_s3_actions(std::string_view pattern);

// Every action, those that are done to a bucket or an object, and those that list keys, which alone
// have s3:prefix, s3:delimiter and s3:max-keys.
const S3ActionSet& all_s3_actions();
const S3ActionSet& s3_actions_on(S3Target target);
const S3ActionSet& listing_s3_actions();

}  // namespace onput::auth
