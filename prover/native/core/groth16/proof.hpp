#pragma once

#include "../curve/affine.hpp"

namespace zkmargin {

struct Proof {
  G1Affine a;
  G2Affine b;
  G1Affine c;
};

}  // namespace zkmargin
