// What decides who may do what with a bucket: what a request says of itself (AccessContext), and
// access control lists. The requests about them are in storage_access.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"

namespace onput::schema {

// What a client asks for, and how: by it storage judges whether the client may. The gateway fills
// it. A request without it comes from a service, whose account must own the bucket.
struct AccessContext {
    std::vector<std::string> actions = {};  // "GetObject": all of them must be allowed.
    std::string source_ip = {};
    bool is_secure = false;       // It came over TLS.
    std::string user_agent = {};  // Empty, as all of these: none.
    std::string referer = {};
    std::string auth_type = {};          // "REST-HEADER", "REST-QUERY-STRING", "POST".
    std::uint8_t signature_version = 0;  // 2 or 4; 0: unsigned.
    std::optional<std::uint64_t> signature_age_ms = {};
    std::string content_sha256 = {};  // x-amz-content-sha256
    std::string expected_owner = {};  // The account that must own the bucket; empty: any.
    // Other condition keys that the request has: "s3:prefix", "s3:x-amz-acl".
    std::map<std::string, std::string> values = {};
    // The object is read to be copied: its tags and lock are not for the client's eyes.
    bool is_copy_source = false;

    ONPUT_FIELDS(actions, source_ip, is_secure, user_agent, referer, auth_type, signature_version,
                 signature_age_ms, content_sha256, expected_owner, values, is_copy_source)
    friend bool operator==(const AccessContext&, const AccessContext&) = default;
};

inline constexpr std::size_t acl_grants_max = 100;

enum class AclGrantee : std::uint8_t { account = 1, group = 2 };
enum class AclPermission : std::uint8_t {
    full_control = 1,
    read = 2,
    write = 3,
    read_acp = 4,
    write_acp = 5,
};

// Groups, as their URIs end: ".../groups/global/AllUsers".
inline constexpr std::string_view all_users = "http://acs.amazonaws.com/groups/global/AllUsers";
inline constexpr std::string_view authenticated_users =
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
inline constexpr std::string_view log_delivery = "http://acs.amazonaws.com/groups/s3/LogDelivery";

struct AclGrant {
    AclGrantee kind = AclGrantee::account;
    std::string grantee = {};  // A canonical user id, or the URI of a group.
    AclPermission permission = AclPermission::read;

    ONPUT_FIELDS(kind, grantee, permission)
    friend bool operator==(const AclGrant&, const AclGrant&) = default;
};

// An access control list as a request asks for it: by a name or grant by grant.
struct AclRequest {
    std::string canned = {};  // "public-read"; empty: the grants.
    std::vector<AclGrant> grants = {};

    ONPUT_FIELDS(canned, grants)
    friend bool operator==(const AclRequest&, const AclRequest&) = default;
};

// The grants that a bucket or an object has.
struct Acl {
    std::vector<AclGrant> grants = {};

    ONPUT_FIELDS(grants)
    friend bool operator==(const Acl&, const Acl&) = default;
};

}  // namespace onput::schema
