/* The steps of delivery.pml: first what happens in one of them, then the steps themselves. */

/* the broker appends one record: Index.Fold */
inline append(state,k,valid) {
#ifdef COMPACTED
    lastAny[k] = state;
#endif
    if
    :: state==SENT -> factSent[k] = 1
    :: state!=SENT && (valid) -> lastValid[k] = state
    :: else
    fi
}

#define STATE(s) ((s)==CLAIMING -> CLAIMED : ((s)==SETTLE_SENT -> SENT : ((s)==SETTLE_UNKNOWN -> UNKNOWN : FAILED)))

inline accept(k) {
    accepts[k]++;
    assert(accepts[k] <= 1);            /* never two accepts of one delivery key */
#ifdef MOVED
    assert(k==1 || accepts[1]==0);      /* never the old time after the new one */
    assert(k==1 || !told)               /* nor after it was called withdrawn */
#endif
}

/* all state of w is dropped; what is on the wire stays there */
inline drop(w) {
    i_ = 0;
    do
    :: i_ < QUEUES ->
        if
        :: at[Q(w,i_)]==REQUEST -> adrift[OWN(w,i_)]++
        :: at[Q(w,i_)]>=CLAIMING && at[Q(w,i_)]<=SETTLE_UNKNOWN && wire==NONE ->
            wire = STATE(at[Q(w,i_)]); wireKey = about[Q(w,i_)]; wireValid = newest[w]
        :: else
        fi;
        at[Q(w,i_)] = IDLE; head[Q(w,i_)] = 0; about[Q(w,i_)] = 0; stale[Q(w,i_)] = 0;
        i_++
    :: else -> break
    od;
    i_ = 0; finished[w] = 0; open[w] = 0; newest[w] = 0;
#ifdef MOVED
    withdrawn[w] = 0; knows[w] = 0;
#endif
    do
    :: i_ < KEYS -> known[M(w,i_)] = NONE; i_++
    :: else -> break
    od;
    i_ = 0
}

/* LedgerStore.Open: fence, read up to the fence; reading goes on from the committed offsets */
inline takeOver(w) {
    newest[1-w] = 0; wireValid = 0; newest[w] = 1;
#ifdef MOVED
    knows[w] = noted;
#endif
    i_ = 0;
    do
    :: i_ < KEYS ->
#ifdef COMPACTED
        known[M(w,i_)] = lastAny[i_];
#else
        if :: factSent[i_] -> known[M(w,i_)] = SENT :: else -> known[M(w,i_)] = lastValid[i_] fi;
#endif
        i_++
    :: else -> break
    od;
    i_ = 0; finished[w] = 0;
    do
    :: i_ < RECORDS+REPLAYS ->
        if
        :: i_ <  RECORDS && i_ < committed -> finished[w] = finished[w] | BIT(i_)
        :: i_ >= RECORDS && i_-RECORDS < rcommitted -> finished[w] = finished[w] | BIT(i_)
        :: else
        fi;
        i_++
    :: else -> break
    od;
    i_ = 0; open[w] = 1
}

/* ErrFenced: the epoch ends; Consumer.confirm asks the coordinator before the next fence */
inline depose(w) {
    drop(w);
    if :: coordinator==w -> skip :: else -> owns[w] = 0 fi
}

inline rest(w,q) { at[Q(w,q)] = IDLE; head[Q(w,q)] = 0; about[Q(w,q)] = 0; stale[Q(w,q)] = 0 }
inline finish(w,q) { finished[w] = finished[w] | BIT(head[Q(w,q)]); rest(w,q) }
inline claim(w,q) { at[Q(w,q)] = CLAIMING; stale[Q(w,q)] = 0 }

/* record r_ is the head of its queue: run.remember, in the order of its cases */
inline take(w,q) {
    k_ = KEY(r_); head[Q(w,q)] = r_; about[Q(w,q)] = k_;
    if
    :: known[M(w,k_)]==SENT -> finish(w,q)
    :: known[M(w,k_)]!=SENT && OTHERS(w) -> about[Q(w,q)] = 1-k_; at[Q(w,q)] = ASKING
    :: known[M(w,k_)]!=SENT && !OTHERS(w) ->
        if
#ifdef UNKNOWN_IS_NEW                   /* R6 off */
        :: known[M(w,k_)]==CLAIMED -> at[Q(w,q)] = ASKING
#else
        :: known[M(w,k_)]==CLAIMED || known[M(w,k_)]==UNKNOWN -> at[Q(w,q)] = ASKING
#endif
#ifdef FAILED_IS_DONE                   /* R6 off */
        :: known[M(w,k_)]==FAILED -> finish(w,q)
#endif
        :: else ->
            if
            :: SUPERSEDED(w) -> skipped = skipped | BIT(r_); finish(w,q)
            :: else -> claim(w,q)
            fi
        fi
    fi;
    k_ = 0; r_ = 0
}

/* "not found" counts from here on: whatever was claimed before our fence is too old to be sent */
inline expire(w,k) {
    i_ = 0;
    do
    :: i_ < QUEUES ->
        if
        :: OWN(1-w,i_)==k && (at[Q(1-w,i_)]==READY || at[Q(1-w,i_)]==CHECKED) -> stale[Q(1-w,i_)] = 1
        :: else
        fi;
        i_++
    :: else -> break
    od;
    i_ = 0
}

#define OUTCOME(r) (accepts[KEY(r)]>0 || (dead & BIT(r)) || (skipped & BIT(r)))

#ifdef NO_BALANCER      /* R2 off: worker 0 owns the source partition, worker 1 the replays, both at once */
#define READS(w,r) ((w)==0 -> (r) < RECORDS : (r) >= RECORDS)
#else
#define READS(w,r) 1
#endif
#ifdef LEASE_CHECKED_EARLY              /* A3 off: stopped between the last look at the deadline and the write */
#define WRITE CHECKED
#define CHECKEDSTEP(w,q) :: d_step { at[Q(w,q)]==CHECKED -> at[Q(w,q)] = REQUEST; stale[Q(w,q)] = 0 }
#else
#define WRITE REQUEST
#define CHECKEDSTEP(w,q)
#endif
#ifdef NO_CLAIM_ACK                     /* R3, R11 off: sent before the claim is acknowledged */
#define CLAIMSTEP(w,q) :: d_step { at[Q(w,q)]==CLAIMING && wire==NONE -> \
     wire = CLAIMED; wireKey = OWN(w,q); wireValid = newest[w]; at[Q(w,q)] = READY }
#else
#define CLAIMSTEP(w,q)
#endif
#ifdef NO_DLQ_ACK                       /* R6 off: finished before the dead letter is durable */
#define EARLYSTEP(w,q) :: d_step { at[Q(w,q)]==DEAD_LETTER && !(finished[w] & BIT(head[Q(w,q)])) -> \
     finished[w] = finished[w] | BIT(head[Q(w,q)]) }
#else
#define EARLYSTEP(w,q)
#endif
#ifdef MOVED                            /* R8: the newer event waits behind the older one, which is not in doubt */
#ifdef WITHDRAWN_IN_DOUBT               /* R8 off: withdrawn whatever the ledger says, but "sent" */
#define UNDOUBTED(w) (known[M(w,0)]!=SENT)
#else
#define UNDOUBTED(w) ((known[M(w,0)]==NONE || known[M(w,0)]==FAILED) && known[M(w,1)]!=CLAIMED)
#endif
#define WITHDRAW(w,q) withdrawn[w] = withdrawn[w] | BIT(0); skipped = skipped | BIT(0); finish(w,q)
#ifdef NO_NOTE                          /* R8 off: withdrawn without an append, which would show a foreign fence */
#define NOTE(w,q) WITHDRAW(w,q)
#else
#define NOTE(w,q) at[Q(w,q)] = NOTING
#endif
#define WITHDRAWSTEP(w,q) \
 :: d_step { owns[w] && open[w] && READS(w,0) && at[Q(w,q)]==IDLE && !(finished[w] & BIT(0)) && !(finished[w] & BIT(1)) && UNDOUBTED(w) -> \
     head[Q(w,q)] = 0; NOTE(w,q) } \
 :: d_step { at[Q(w,q)]==NOTING -> \
     if :: !VALID(newest[w]) -> at[Q(w,q)] = FENCED \
        :: VALID(newest[w]) -> noted = 1; knows[w] = 1; WITHDRAW(w,q) fi } \
 :: d_step { at[Q(w,q)]==READY && OWN(w,q)==0 && !(finished[w] & BIT(1)) -> at[Q(w,q)] = SETTLE_RETRY } /* run.letGo */
#define WITHDRAWAL(w,r) assert(!(withdrawn[w] & BIT(r)) || accepts[KEY(r)]==0); told = told || (withdrawn[w] & BIT(r));
#else
#define WITHDRAWSTEP(w,q)
#define WITHDRAWAL(w,r)
#endif
#ifdef RESEND_UNKNOWN                   /* R4 off: an answer that is missing counts as a refusal */
#define DOUBT SETTLE_RETRY
#else
#define DOUBT ASKING
#endif
#ifdef GIVE_UP_EARLY                    /* R5 off: a look-up that is refused counts at once */
#define MAYGIVEUP(k) 1
#else
#define MAYGIVEUP(k) (SETTLED(k) && SHOWS(k))
#endif

#define STEPS(w,q) \
 /* lane.take: the first record without an outcome, of either topic */ \
 :: d_step { owns[w] && open[w] && READS(w,0) && at[Q(w,q)]==IDLE && (finished[w] & ofSource[q]) != ofSource[q] -> \
     r_ = 0; do :: r_ < RECORDS && !((ofSource[q] & BIT(r_)) && !(finished[w] & BIT(r_))) -> r_++ :: else -> break od; take(w,q) } \
 :: d_step { owns[w] && open[w] && READS(w,RECORDS) && at[Q(w,q)]==IDLE && (finished[w] & ofReplay[q]) != ofReplay[q] -> \
     r_ = RECORDS; do :: r_ < RECORDS+REPLAYS && !((ofReplay[q] & BIT(r_)) && !(finished[w] & BIT(r_))) -> r_++ :: else -> break od; take(w,q) } \
 /* an append is applied and acknowledged; applied and not acknowledged is this, then a kill */ \
 :: d_step { at[Q(w,q)]>=CLAIMING && at[Q(w,q)]<=SETTLE_UNKNOWN -> k_ = about[Q(w,q)]; append(STATE(at[Q(w,q)]), k_, VALID(newest[w])); \
     if :: !VALID(newest[w]) -> at[Q(w,q)] = FENCED \
        :: VALID(newest[w]) -> known[M(w,k_)] = STATE(at[Q(w,q)]); \
           if :: at[Q(w,q)]==CLAIMING -> at[Q(w,q)] = READY \
              :: at[Q(w,q)]==SETTLE_SENT && k_==OWN(w,q) -> finish(w,q) \
              :: (at[Q(w,q)]==SETTLE_REFUSED || at[Q(w,q)]==SETTLE_UNKNOWN) && k_==OWN(w,q) -> at[Q(w,q)] = DEAD_LETTER \
              :: else -> rest(w,q) fi \
     fi; k_ = 0 } \
 :: d_step { at[Q(w,q)]==FENCED -> depose(w) } \
 CLAIMSTEP(w,q) \
 /* run.send: the request is written before claim + lease, or the claim is made again, or given back */ \
 :: d_step { at[Q(w,q)]==READY && FRESH(w,q) -> at[Q(w,q)] = WRITE } \
 :: d_step { at[Q(w,q)]==READY && !FRESH(w,q) -> claim(w,q) } \
 :: d_step { at[Q(w,q)]==READY && refusals>0 -> refusals--; at[Q(w,q)] = SETTLE_RETRY } \
 CHECKEDSTEP(w,q) \
 /* accepted and answered; accepted and no answer; refused for good, or for now; refused and no answer; late */ \
 :: d_step { at[Q(w,q)]==REQUEST -> k_ = OWN(w,q); accept(k_); at[Q(w,q)] = SETTLE_SENT; k_ = 0 } \
 :: d_step { at[Q(w,q)]==REQUEST -> k_ = OWN(w,q); accept(k_); at[Q(w,q)] = DOUBT; k_ = 0 } \
 :: d_step { at[Q(w,q)]==REQUEST && refusals>0 -> refusals--; at[Q(w,q)] = SETTLE_REFUSED } \
 :: d_step { at[Q(w,q)]==REQUEST && refusals>0 -> refusals--; at[Q(w,q)] = SETTLE_RETRY } \
 :: d_step { at[Q(w,q)]==REQUEST && refusals>0 -> refusals--; at[Q(w,q)] = DOUBT } \
 :: d_step { at[Q(w,q)]==REQUEST && adrift[OWN(w,q)]<2 -> k_ = OWN(w,q); adrift[k_]++; k_ = 0; at[Q(w,q)] = DOUBT } \
 /* run.judge: found ends the doubt at once; not found, and a refused look-up, count only late */ \
 :: d_step { at[Q(w,q)]==ASKING && FOUND(about[Q(w,q)]) -> at[Q(w,q)] = SETTLE_SENT } \
 :: d_step { at[Q(w,q)]==ASKING && SETTLED(about[Q(w,q)]) && SHOWS(about[Q(w,q)]) && NOTFOUND(about[Q(w,q)]) -> \
     k_ = about[Q(w,q)]; expire(w,k_); k_ = 0; at[Q(w,q)] = SETTLE_RETRY } \
 :: d_step { at[Q(w,q)]==ASKING && MAYGIVEUP(about[Q(w,q)]) -> \
     k_ = about[Q(w,q)]; expire(w,k_); k_ = 0; at[Q(w,q)] = SETTLE_UNKNOWN } \
 WITHDRAWSTEP(w,q) \
 :: d_step { at[Q(w,q)]==DEAD_LETTER -> dead = dead | BIT(head[Q(w,q)]); finish(w,q) } \
 EARLYSTEP(w,q)

#ifdef FORGETS                          /* R10 off: the ledger is shorter than what can still arrive */
#define FORGETSTEP(k) :: d_step { factSent[k] -> factSent[k] = 0; lastValid[k] = NONE }
#else
#define FORGETSTEP(k)
#endif

/* the provider; a request adrift is accepted, perhaps recorded late by a deposed owner, or never arrives */
#define PROVIDER(k) \
 :: d_step { adrift[k]>0 -> adrift[k]--; accept(k) } \
 :: d_step { adrift[k]>0 -> adrift[k]--; accept(k); append(SENT, k, 0) } \
 :: d_step { adrift[k]>0 -> adrift[k]-- } \
 :: d_step { accepts[k]>0 && !visible[k] -> visible[k] = 1 } \
 FORGETSTEP(k)

/* Kafka takes a commit only from a member of the group */
#define COMMIT(w) \
 :: d_step { owns[w] && open[w] && coordinator==w && committed<RECORDS && (finished[w] & BIT(committed)) -> \
     assert(OUTCOME(committed)); WITHDRAWAL(w,committed) committed++ } \
 :: d_step { owns[w] && open[w] && coordinator==w && rcommitted<presses && (finished[w] & BIT(RECORDS+rcommitted)) -> \
     assert(OUTCOME(RECORDS+rcommitted)); rcommitted++ }

#ifdef NO_BALANCER
#define GROUP(w) :: d_step { owns[w] && !open[w] && faults>0 -> faults--; takeOver(w) }
#else
#define GROUP(w) \
 :: d_step { coordinator==NOBODY && !owns[w] && (w==0 || owns[0]) -> coordinator = w; owns[w] = 1 } /* workers are alike */ \
 :: d_step { owns[w] && !open[w] -> takeOver(w) }                                    /* a zombie's late fence, too */ \
 :: d_step { owns[w] && coordinator==w && faults>0 -> faults--; drop(w); owns[w] = 0; coordinator = NOBODY } /* kill -9 */ \
 :: d_step { owns[w] && coordinator==w && faults>0 -> faults--; coordinator = NOBODY }     /* session over, w does not know */ \
 :: d_step { owns[w] && coordinator!=w -> drop(w); owns[w] = 0 }                      /* w learns of it */
#endif

/* an operator replays a dead letter; REPLAYS=2: perhaps twice */
#define PRESS(r) \
 :: d_step { presses<REPLAYS && (dead & BIT(r)) -> replayed[presses] = KEY(r); presses++; k_ = QUEUE(RECORDS+presses-1); \
     ofReplay[k_] = ofReplay[k_] | BIT(RECORDS+presses-1); k_ = 0 }
