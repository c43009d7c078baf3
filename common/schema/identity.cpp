#include "common/schema/identity.hpp"

namespace onput::schema {

std::string entity_arn(const Entity& entity) {
    std::string arn = "arn:aws:iam::" + entity.account + ":";
    switch (entity.kind) {
        case EntityKind::user: arn += "user"; break;
        case EntityKind::role: arn += "role"; break;
        case EntityKind::policy: arn += "policy"; break;
        case EntityKind::group: arn += "group"; break;
    }
    return arn + entity.path + entity.name;
}

}  // namespace onput::schema
