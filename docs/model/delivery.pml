/*
 * One lane of one channel: a source partition, its replays, its ledger; a provider that takes no
 * idempotency key; two workers. The search looks for: two accepts of one delivery key, an older time
 * accepted after a newer one, a commit past a record without an outcome, and a system that is stuck
 * before everything has an outcome. README.md says which line of code each rule is, and how to run it.
 *
 * All rules are on. Each -D<rule off> below takes one away.
 *
 * Time is no clock but a set of orders that the waits guarantee:
 *   lease      once "not found" counts, an earlier owner's claim is too old to start a request (R3);
 *   settled    "not found" counts only when no earlier request is on its way any more (R5, N);
 *   visible    and when what was accepted shows in a look-up (R5, V).
 * A stopped or slow process is one that takes no step. A session may time out at any moment, so that
 * every SIGSTOP and SIGCONT is one of the interleavings. Revoke and shutdown are a kill between two
 * records, or a session that times out.
 *
 * The ledger is kept as what a reader of the whole log computes (ledger.Index): exact, because a new
 * owner reads the log in order, up to its own fence. "Valid" is what the owner of the newest fence
 * before it wrote.
 */
#ifndef RECORDS
#define RECORDS 2       /* on the source partition */
#endif
#ifndef REPLAYS
#define REPLAYS 1       /* at most; 2: a replay may be pressed twice */
#endif
#ifndef FAULTS
#define FAULTS 2        /* kills and session timeouts */
#endif
#ifndef REFUSALS
#define REFUSALS 1      /* complete refusals by the provider */
#endif
#define KEYS 2
#define NOBODY 9

/* What the records are about. MOVED: one appointment, k0 its first time, k1 its second.
 * Otherwise RECORDS=2 is one event twice, RECORDS=3 has another appointment between the two. */
#ifdef MOVED
#define APPOINTMENTS 1
#define KEY(r)  ((r) < RECORDS -> ((r)==0 -> 0 : 1) : replayed[(r)-RECORDS])
#define APPOINTMENT(k) 0
#else
#if RECORDS>2
#define APPOINTMENTS 2
#define KEY(r)  ((r) < RECORDS -> ((r)==1 -> 1 : 0) : replayed[(r)-RECORDS])
#define APPOINTMENT(k) (k)
#else
#define APPOINTMENTS 1
#define KEY(r)  ((r) < RECORDS -> 0 : replayed[(r)-RECORDS])
#define APPOINTMENT(k) 0
#endif
#endif

/* Queues: lane.queues, one per appointment for both topics (R2). */
#ifdef NO_LANE
#define QUEUES (2*APPOINTMENTS)
#define QUEUE(r) (APPOINTMENT(KEY(r)) + ((r) < RECORDS -> 0 : APPOINTMENTS))
#else
#define QUEUES APPOINTMENTS
#define QUEUE(r) APPOINTMENT(KEY(r))
#endif
#define Q(w,q) ((w)*QUEUES+(q))
#define M(w,k) ((w)*KEYS+(k))
#define BIT(r) (1<<(r))

/* ports.State */
#define NONE 0
#define CLAIMED 1
#define SENT 2
#define FAILED 3
#define UNKNOWN 4

/* Where the head of a queue stands. The first five are an append on the wire: Ledger.append. */
#define IDLE 0          /* nothing started, or to be looked at again: run.deliver's loop */
#define CLAIMING 1      /* run.claim */
#define SETTLE_SENT 2   /* settle(StateSent) */
#define SETTLE_RETRY 3  /* settle(StateFailed), then look again: transient, released, not found */
#define SETTLE_REFUSED 4 /* settle(StateFailed), then the dead letter: recipient or message rejected */
#define SETTLE_UNKNOWN 5 /* settle(StateUnknown), then the dead letter: it cannot be found out */
#define FENCED 6        /* the append came back behind a foreign fence: ports.ErrFenced */
#define READY 7         /* claim acknowledged, nothing written: waiting for a send slot */
#define CHECKED 8       /* only with LEASE_CHECKED_EARLY: deadline looked at, nothing written */
#define REQUEST 9       /* written, not yet at the provider: Sender.Send */
#define ASKING 10       /* run.reconcile about key about[] */
#define DEAD_LETTER 11  /* DeadLetters.Publish under way */
#define NOTING 12       /* withdrawn: Ledger.Note under way */

byte coordinator = NOBODY;              /* whose lane it is, as the group sees it */
byte faults = FAULTS, refusals = REFUSALS;
byte committed, rcommitted;             /* offsets of source and replay partition */
byte presses, replayed[REPLAYS+1];      /* replays written, and of which key */
byte dead, skipped;                     /* records with a durable dead letter; superseded ones */
byte ofSource[QUEUES], ofReplay[QUEUES]; /* which records a queue takes */

bit  factSent[KEYS];                    /* the log: `sent` absorbs, no matter who wrote it */
byte lastValid[KEYS];                   /* the log: last valid claimed, failed or unknown */
#ifdef COMPACTED
byte lastAny[KEYS];                     /* the last record of any writer: what compaction keeps */
#endif

byte accepts[KEYS]; bit visible[KEYS];  /* the provider */
byte adrift[KEYS];                      /* requests under way whose answer is not awaited */

bit  owns[2], open[2], newest[2];       /* worker: believes the lane is its; epoch begun; newest fence is its */
byte known[2*KEYS], finished[2];        /* worker: its index; records with an outcome (tracker) */
#ifdef MOVED
bit  noted, knows[2];                   /* the log, a worker: k0 was noted as superseded (run.leaveNote) */
byte withdrawn[2];                      /* worker: which records it has withdrawn (run.superseded) */
bit  told;                              /* a withdrawal of k0 is committed: nobody asks about it any more */
#endif
byte at[2*QUEUES], head[2*QUEUES], about[2*QUEUES];
bit  stale[2*QUEUES];                   /* the claim is too old to start a request */
byte wire, wireKey; bit wireValid;      /* an append of a dead or deposed worker, still on its way */

byte i_, r_, k_;                        /* scratch of one step */

#define OWN(w,q) KEY(head[Q(w,q)])

#ifdef NO_FENCE                         /* R1 off */
#define VALID(x) 1
#else
#define VALID(x) (x)
#endif
#ifdef NO_SETTLE_WAIT                   /* R5 off: N */
#define SETTLED(k) 1
#else
#define NOREQUEST(w,q,k) !(at[Q(w,q)]==REQUEST && OWN(w,q)==(k))
#if QUEUES==1
#define SETTLED(k) (adrift[k]==0 && NOREQUEST(0,0,k) && NOREQUEST(1,0,k))
#else
#define SETTLED(k) (adrift[k]==0 && NOREQUEST(0,0,k) && NOREQUEST(1,0,k) && NOREQUEST(0,1,k) && NOREQUEST(1,1,k))
#endif
#endif
#ifdef NO_VISIBILITY_WAIT               /* R5 off: V */
#define SHOWS(k) 1
#else
#define SHOWS(k) (accepts[k]==0 || visible[k])
#endif
#ifdef SAME_HANDLE                      /* R7 off: two messages of one text to one phone */
#define FOUND(k) (visible[0] || visible[1])
#else
#define FOUND(k) visible[k]
#endif
#ifdef HANDLE_EXPIRES                   /* R7 off: the provider has forgotten, or cannot be asked so any more */
#define NOTFOUND(k) 1
#else
#define NOTFOUND(k) (!FOUND(k))
#endif
#ifdef NO_LEASE                         /* R3 off: a claim is good for ever */
#define FRESH(w,q) 1
#else
#define FRESH(w,q) (!stale[Q(w,q)])
#endif
#ifdef NO_SUPERSEDED                    /* R8 off */
#define SUPERSEDED(w) 0
#else
#ifdef ONLY_SENT_SUPERSEDES             /* R8 weakened */
#define NEWER(w) (known[M(w,1)]==SENT)
#else
#define NEWER(w) (known[M(w,1)]!=NONE)
#endif
#ifdef MOVED
#define SUPERSEDED(w) (k_==0 && (NEWER(w) || knows[w]))
#else
#define SUPERSEDED(w) (k_==0 && NEWER(w))
#endif
#endif
#if defined(MOVED) && !defined(NO_OTHERS)
#define OTHERS(w) (known[M(w,1-k_)]==CLAIMED)
#else
#define OTHERS(w) 0
#endif
