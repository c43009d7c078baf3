// A bucket "photos", and clients that ask for things in it: by policy, list and ownership.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "services/storage/access/acl.hpp"
#include "tests/services/storage/harness.hpp"

namespace onput::storage {

inline const std::string other_account = "111111111111";

// A client's request for one action; an account of "" is unsigned.
struct Client {
    std::string account = std::string(owner_account);
    std::string user = {};
};

inline const Client nobody{.account = ""};
inline const Client stranger{.account = other_account};
inline const Client user{.account = std::string(owner_account), .user = "ada"};

class AccessTest : public ::testing::Test, public Harness {
protected:
    AccessTest() { EXPECT_TRUE(create_bucket("photos")); }

    [[nodiscard]] Caller asking(const Client& client, std::vector<std::string> actions) const {
        Caller who = caller(client.account);
        who.principal.user = client.user;
        if (client.account.empty()) who.principal.id.clear();
        who.access = schema::AccessContext{.actions = std::move(actions), .source_ip = "10.0.0.1"};
        return who;
    }
    // With the account's own key, as a client.
    [[nodiscard]] Caller owner(std::vector<std::string> actions) const {
        return asking({}, std::move(actions));
    }

    std::string put_policy(const std::string& statements, const Client& client = {}) {
        Effects effects;
        const auto put = core->put_bucket_policy(
            {.bucket = "photos",
             .policy = fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statements)},
            asking(client, {"PutBucketPolicy"}), effects);
        commit(effects);
        return reason_of(put);
    }
    static std::string statement(const std::string& effect, const std::string& principal,
                                 const std::string& action, const std::string& condition = "{}") {
        return fmt::format(
            R"({{"Effect":"{}","Principal":{},"Action":"{}","Resource":["arn:aws:s3:::photos",)"
            R"("arn:aws:s3:::photos/*"],"Condition":{}}})",
            effect, principal, action, condition);
    }
    void configure(schema::BucketConfigurationKind kind, const std::string& document) {
        Effects effects;
        EXPECT_TRUE(core->put_bucket_configuration(
            {.bucket = "photos", .kind = kind, .id = {}, .document = document}, caller(), effects));
        commit(effects);
    }
    void open_to_the_public() {
        configure(schema::BucketConfigurationKind::public_access_block, "");
    }
    void own_by(const std::string& ownership) {
        configure(schema::BucketConfigurationKind::ownership_controls,
                  "<ObjectOwnership>" + ownership + "</ObjectOwnership>");
    }

    std::string read(const Client& client, const std::string& key = "k") {
        return reason_of(
            core->get_object({.bucket = "photos", .key = key}, asking(client, {"GetObject"})));
    }
    std::string list(const Client& client) {
        return reason_of(core->list_objects({.bucket = "photos"}, asking(client, {"ListBucket"})));
    }
    std::string write(const Client& client, const std::string& key = "k",
                      std::optional<schema::AclRequest> acl = {}) {
        auto request = put_request(key, 1);
        request.acl = std::move(acl);
        Effects effects;
        auto put =
            core->put_object(request, {.bytes = "x"}, asking(client, {"PutObject"}), effects);
        commit(effects);
        return reason_of(put);
    }
    std::string remove_as(const Client& client, const std::string& key = "k") {
        Effects effects;
        auto removed = core->delete_object({.bucket = "photos", .key = key},
                                           asking(client, {"DeleteObject"}), effects);
        commit(effects);
        return reason_of(removed);
    }
    Result<schema::AclPut> put_acl(const std::string& key, schema::AclRequest acl,
                                   const Client& client = {}) {
        Effects effects;
        auto put =
            core->put_acl({.bucket = "photos", .key = key, .version_id = {}, .acl = acl},
                          asking(client, {key.empty() ? "PutBucketAcl" : "PutObjectAcl"}), effects);
        commit(effects);
        return put;
    }
    std::vector<schema::AclGrant> grants_of(const std::string& key) {
        const auto acl = core->get_acl({.bucket = "photos", .key = key, .version_id = {}},
                                       owner({key.empty() ? "GetBucketAcl" : "GetObjectAcl"}));
        EXPECT_TRUE(acl) << acl.error().message;
        return acl ? acl->grants : std::vector<schema::AclGrant>();
    }
};

}  // namespace onput::storage
