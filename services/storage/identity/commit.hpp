// One identity's commit.
#pragma once

#include "common/schema/identity.hpp"
#include "services/storage/effects.hpp"

namespace onput::storage {

// Its row, in a change of its own.
void commit_entity(const schema::Entity& entity, Effects& effects);
// Its row, beside others.
void put_entity(const schema::Entity& entity, store::Batch& batch);

}  // namespace onput::storage
