// ConditionKey: what a condition or a policy variable may ask of a request. A key that is known but
// never there, as nobody here is in a VPC, is absent from every request; one whose truth cannot be
// known is not taken. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onput::auth {

class ConditionKey {
public:
    // In any case, but for the name of a tag of S3's. Nothing for a key that is not known here.
    static std::optional<ConditionKey> parse(std::string_view text);
    // Likewise for policies of identities: what only those who judge identities know is taken too
    // (aws:RequestTag, TagKeys), and a key of a service that is not here ("ec2:Region"), which no
    // request has.
    static std::optional<ConditionKey> parse_of_any_service(std::string_view text);
    // Likewise for policies of resources whose owner knows their tags: aws:ResourceTag is taken as
    // well.
    static std::optional<ConditionKey> parse_of_resource(std::string_view text);

    // As RequestValues has it: "aws:sourceip", "s3:existingobjecttag/Project".
    [[nodiscard]] const std::string& name() const { return name_; }
    // Whose key it is: "aws", "s3".
    [[nodiscard]] bool is_of(std::string_view service) const {
        return name_.starts_with(service) && name_.substr(service.size()).starts_with(':');
    }
    [[nodiscard]] bool is_multivalued() const { return has_many_; }
    // Whether only requests that list keys have it.
    [[nodiscard]] bool is_of_listings() const { return is_of_listings_; }
    // Whether a fixed value of it names whom a policy is for, so that it is not for the public.
    [[nodiscard]] bool names_someone() const { return names_someone_; }

private:
    template <typename Table>
    static std::optional<ConditionKey> find(std::string_view text, const Table& table);

    std::string name_;
    bool has_many_ = false;
    bool is_of_listings_ = false;
    bool names_someone_ = false;
};

}  // namespace onput::auth
