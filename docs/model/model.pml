#include "delivery.pml"
#include "steps.pml"

init {
    d_step {
        r_ = 0;
        do :: r_ < RECORDS -> k_ = QUEUE(r_); ofSource[k_] = ofSource[k_] | BIT(r_); r_++ :: else -> break od;
        r_ = 0; k_ = 0
#ifdef NO_BALANCER
        ; owns[0] = 1; owns[1] = 1
#endif
    };
    do
    STEPS(0,0) STEPS(1,0)
#if QUEUES>1
    STEPS(0,1) STEPS(1,1)
#endif
    /* what a dead or deposed worker had on the wire arrives, or never does */
    :: d_step { wire!=NONE -> append(wire, wireKey, VALID(wireValid)); wire = NONE; wireKey = 0; wireValid = 0 }
    :: d_step { wire!=NONE -> wire = NONE; wireKey = 0; wireValid = 0 }
    PROVIDER(0)
#if RECORDS>2 || defined(MOVED)
    PROVIDER(1)
#endif
    COMMIT(0) COMMIT(1)
    GROUP(0) GROUP(1)
    PRESS(0) PRESS(1)
#if RECORDS>2
    PRESS(2)
#endif
    :: timeout ->                       /* no process can move: everything has an outcome */
#ifndef NO_BALANCER
       assert(committed==RECORDS && rcommitted==presses);
#endif
       break
    od
}
