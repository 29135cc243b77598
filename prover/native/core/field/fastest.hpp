// For code outside of the back ends: the multiplication of single elements that is fastest on this processor.
#pragma once

#include "adx.hpp"
#include "element.hpp"

namespace zkmargin {

/** body.template operator()<Multiply>() with the fastest that this processor can run. */
template <class Body>
auto withFastestMultiply(const Body& body) {
#if defined(__x86_64__)
  static const bool adx = AdxMultiply::available();
  if (adx) return body.template operator()<AdxMultiply>();
#endif
  return body.template operator()<PortableMultiply>();
}

}  // namespace zkmargin
