#include "services/storage/encryption/object_key.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput::storage {
namespace {

std::string named(std::string_view name, char byte) {
    return std::string(name) + ":" + to_base64(std::string(cipher_key_bytes, byte));
}

MasterKeys keys_of(const std::vector<std::string>& texts) {
    return MasterKeys::parse(texts).value();
}

ServiceKeys masters_of(const std::vector<std::string>& texts) {
    return {.masters = keys_of(texts)};
}

// Each call gives other bytes.
NewSecret counting() {
    return [next = 'a'](std::size_t bytes) mutable { return std::string(bytes, next++); };
}

const std::string customer_key(schema::customer_key_bytes, 'c');
constexpr KeyPlace place{.bucket = "photos", .key = "cat.jpg"};

std::string reason_of(const Result<ObjectKey>& key) {
    return key ? "" : key.error().reason;
}

TEST(MasterKeys, the_first_is_for_what_is_new) {
    const MasterKeys keys = keys_of({named("k2", '2'), named("k1", '1')});
    EXPECT_EQ(keys.current().name, "k2");
    EXPECT_EQ(keys.find("k1")->bytes, std::string(cipher_key_bytes, '1'));
    EXPECT_EQ(keys.find("k3"), nullptr);
    EXPECT_TRUE(keys_of({}).is_empty());
}

TEST(MasterKeys, what_is_none_is_refused_without_being_shown) {
    const std::string long_name(master_key_name_bytes_max + 1, 'n');
    const std::vector<std::vector<std::string>> refused{
        {""},
        {"secretsecret"},
        {":" + to_base64(std::string(cipher_key_bytes, 'k'))},
        {"k1:secret"},
        {named("k1", '1'), named("k1", '2')},
        {named(long_name, '1')},
        {"k1:" + to_base64("secret")}};
    for (const auto& texts : refused) {
        const auto keys = MasterKeys::parse(texts);
        ASSERT_FALSE(keys) << texts.front();
        EXPECT_EQ(keys.error().message.find("secretsecret"), std::string::npos);
        EXPECT_NE(keys.error().message.find("key "), std::string::npos);
    }
}

TEST(ObjectKey, it_opens_with_the_master_key_that_sealed_it) {
    const ServiceKeys before = masters_of({named("k1", '1')});
    const auto made = make_object_key(before, {}, {}, place, counting());
    ASSERT_TRUE(made);
    EXPECT_EQ(made->encryption.by, schema::encrypted_by_service);
    EXPECT_EQ(made->encryption.key_name, "k1");
    EXPECT_EQ(made->encryption.sealed_key.find(made->key.bytes), std::string::npos);
    const ServiceKeys after = masters_of({named("k2", '2'), named("k1", '1')});
    EXPECT_EQ(open_object_key(after, made->encryption, {}, place)->bytes, made->key.bytes);

    const auto lost = open_object_key(masters_of({named("k2", '2')}), made->encryption, {}, place);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, ErrorCode::unavailable);
    EXPECT_NE(lost.error().message.find("'k1'"), std::string::npos);
    const auto other = open_object_key(masters_of({named("k1", 'x')}), made->encryption, {}, place);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::corruption);
    EXPECT_FALSE(
        open_object_key(before, made->encryption, {}, {.bucket = "photos", .key = "dog.jpg"}));
}

TEST(ObjectKey, two_objects_have_two_keys) {
    const ServiceKeys masters = masters_of({named("k1", '1')});
    const NewSecret secrets = counting();
    const auto one = make_object_key(masters, {}, {}, place, secrets);
    const auto other = make_object_key(masters, {}, {}, place, secrets);
    EXPECT_NE(one->key.bytes, other->key.bytes);
    EXPECT_NE(one->encryption.sealed_key, other->encryption.sealed_key);
}

TEST(ObjectKey, without_master_keys_there_is_none_unless_the_client_brings_one) {
    const ServiceKeys none;
    const auto plain = make_object_key(none, {}, {}, place, counting());
    EXPECT_TRUE(plain->key.is_empty());
    EXPECT_EQ(plain->encryption, schema::Encryption());
    EXPECT_TRUE(open_object_key(none, {}, {}, place)->is_empty());
    const auto wanted = make_object_key(none, {.by_service = true}, {}, place, counting());
    ASSERT_FALSE(wanted);
    EXPECT_EQ(wanted.error().reason, "no_service_key");
    // What a bucket wants for all its objects is not left out when the keys are gone.
    const auto by_bucket = make_object_key(none, {}, {.by_service = true}, place, counting());
    ASSERT_FALSE(by_bucket);
    EXPECT_EQ(by_bucket.error().reason, "no_service_key");
    EXPECT_TRUE(make_object_key(none, {.customer_key = customer_key}, {}, place, counting()));
}

TEST(ObjectKey, what_nobody_wants_encrypted_may_be_left_as_it_is) {
    ServiceKeys masters = masters_of({named("k1", '1')});
    masters.encrypts_unasked = false;
    EXPECT_TRUE(make_object_key(masters, {}, {}, place, counting())->key.is_empty());
    const auto asked = make_object_key(masters, {.by_service = true}, {}, place, counting());
    EXPECT_EQ(asked->encryption.by, schema::encrypted_by_service);
    const auto buckets = read_default_encryption("<SSEAlgorithm>AES256</SSEAlgorithm>");
    const auto by_bucket = make_object_key(masters, {}, buckets, place, counting());
    EXPECT_EQ(by_bucket->encryption.by, schema::encrypted_by_service);
}

TEST(ObjectKey, a_clients_key_is_needed_and_no_other_opens) {
    const ServiceKeys masters = masters_of({named("k1", '1')});
    const auto made =
        make_object_key(masters, {.customer_key = customer_key}, {}, place, counting());
    ASSERT_TRUE(made);
    EXPECT_EQ(made->encryption.by, schema::encrypted_by_customer);
    EXPECT_EQ(made->encryption.key_name, "");
    EXPECT_EQ(open_object_key(masters, made->encryption, customer_key, place)->bytes,
              made->key.bytes);
    EXPECT_EQ(reason_of(open_object_key(masters, made->encryption, {}, place)),
              "customer_key_missing");
    EXPECT_EQ(reason_of(open_object_key(masters, made->encryption, std::string(32, 'x'), place)),
              "wrong_customer_key");
    EXPECT_EQ(reason_of(open_object_key(masters, made->encryption, "short", place)),
              "wrong_customer_key");
    EXPECT_EQ(reason_of(open_object_key(masters, {}, customer_key, place)),
              "customer_key_needless");
    EXPECT_FALSE(make_object_key(masters, {.customer_key = "short"}, {}, place, counting()));
}

// --- Keys of KMS -------------------------------------------------------------------------------

const ServiceKeys both{.masters = keys_of({named("k1", '1')}),
                       .kms = keys_of({named("media", 'm'), named("other", 'o')})};

Result<NewObjectKey> made_by_kms(const std::string& key, const ServiceKeys& keys = both) {
    return make_object_key(keys, {.by_kms = true, .kms_key = key}, {}, place, counting());
}

TEST(KmsKey, clients_name_it_in_five_ways_and_none_means_the_first) {
    const std::string arn = "arn:aws:kms:eu-west-1:123456789012:";
    for (const std::string& name :
         {std::string("other"), std::string("alias/other"), std::string("key/other"),
          arn + "key/other", arn + "alias/other"}) {
        const auto made = made_by_kms(name);
        ASSERT_TRUE(made) << name;
        EXPECT_EQ(made->encryption.by, schema::encrypted_by_kms);
        EXPECT_EQ(made->encryption.key_name, "other") << name;
    }
    EXPECT_EQ(made_by_kms("")->encryption.key_name, "media");
}

TEST(KmsKey, what_is_not_there_is_refused_by_its_name) {
    for (const char* name : {"k1", "alias/", "arn:aws:kms:eu-west-1", "arn:aws:kms:::key/k1"}) {
        const auto made = made_by_kms(name);
        ASSERT_FALSE(made) << name;
        EXPECT_EQ(made.error().reason, "kms_key_not_found");
        EXPECT_EQ(made.error().message, std::string("Key '") + name + "' does not exist");
    }
    const auto none = made_by_kms("media", {.masters = both.masters});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().reason, "no_kms_key");
    EXPECT_EQ(none.error().code, ErrorCode::unimplemented);
}

TEST(KmsKey, it_opens_with_keys_of_kms_alone) {
    const auto made = made_by_kms("media");
    EXPECT_EQ(open_object_key(both, made->encryption, {}, place)->bytes, made->key.bytes);
    const ServiceKeys as_masters{.masters = both.kms};
    const auto lost = open_object_key(as_masters, made->encryption, {}, place);
    ASSERT_FALSE(lost);
    EXPECT_NE(lost.error().message.find("kms_keys_secret"), std::string::npos);
}

TEST(KmsKey, the_buckets_default_counts_where_the_request_says_nothing) {
    const auto by = [](const schema::EncryptionRequest& request) {
        const DefaultEncryption otherwise{
            .by_kms = true, .kms_key = "alias/other", .has_bucket_key = true};
        return make_object_key(both, request, otherwise, place, counting())->encryption;
    };
    EXPECT_EQ(by({}).key_name, "other");
    EXPECT_TRUE(by({}).has_bucket_key);
    EXPECT_FALSE(by({.bucket_key = false}).has_bucket_key);
    EXPECT_EQ(by({.by_service = true}).key_name, "k1");
    EXPECT_EQ(by({.by_kms = true}).key_name, "media") << "S3's own key, as KMS has it";
    EXPECT_EQ(by({.customer_key = customer_key}).by, schema::encrypted_by_customer);
}

TEST(KmsKey, the_default_is_read_from_the_buckets_document) {
    EXPECT_FALSE(read_default_encryption(std::nullopt).by_kms);
    EXPECT_FALSE(read_default_encryption("<SSEAlgorithm>AES256</SSEAlgorithm>").by_kms);
    const auto read = read_default_encryption(
        "<Rule><A><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/media</KMSMasterKeyID>"
        "</A><BucketKeyEnabled>true</BucketKeyEnabled></Rule>");
    EXPECT_TRUE(read.by_kms);
    EXPECT_EQ(read.kms_key, "alias/media");
    EXPECT_TRUE(read.has_bucket_key);
}

}  // namespace
}  // namespace onput::storage
