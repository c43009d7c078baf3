// SQS's error names in both protocols: the JSON shape's name, and the legacy code of the query
// protocol. Most are in its table.
#pragma once

#include "services/gateway/aws/errors.hpp"

namespace onput::gateway::sqs {

using aws::ErrorName;
using Wire = aws::Protocol;  // json or query.

ErrorName name_of(const Error& error, Wire wire);

}  // namespace onput::gateway::sqs
